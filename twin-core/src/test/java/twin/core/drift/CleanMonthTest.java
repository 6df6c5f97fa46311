package twin.core.drift;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import twin.core.inference.BundleManifest.Input;
import twin.core.type.Severity;

/**
 * Ten machines that send every four minutes, for thirty days, as the fleet's counts see them: what
 * is slow, what goes up and down, what goes with the day, and what is none of this. The readings of
 * a machine are alike, as they are in a factory; that is what makes false alarms.
 */
final class CleanMonthTest {

  private static final DriftSettings SETTINGS =
      new DriftSettings(
          Duration.ofDays(1), Duration.ofMinutes(1), 100, 0.1, 0.25, 2_000, Severity.MEDIUM);
  private static final int MACHINES = 10;
  private static final int STEPS_AN_HOUR = 15;
  private static final int HOURS = 30 * 24;
  private static final int SEEDS = 100;

  /** What a machine's inputs are made of. */
  private enum Kind {
    /** Independent from reading to reading. */
    NOISE(1),
    /** A walk that is pulled back: what it was two hours ago is half forgotten. */
    SLOW(1),
    /** A tool that wears, and is replaced after three hours. */
    WEAR(0.29),
    /** The temperature of the hall. */
    DAY(0.87);

    /** Its standard deviation. */
    private final double spread;

    Kind(double spread) {
      this.spread = spread;
    }
  }

  /** One input of one machine. */
  private static final class Signal {
    private static final double KEPT = Math.exp(-Math.log(2) / (2.0 * STEPS_AN_HOUR));
    private final Kind kind;
    private final Random random;
    private double slow;
    private int age;
    private int life;

    Signal(Kind kind, Random random) {
      this.kind = kind;
      this.random = random;
      this.slow = random.nextGaussian();
      this.life = 3 * STEPS_AN_HOUR;
      this.age = random.nextInt(life);
    }

    double next(int step) {
      slow = KEPT * slow + Math.sqrt(1 - KEPT * KEPT) * random.nextGaussian();
      if (++age >= life) {
        age = 0;
        life = 3 * STEPS_AN_HOUR - 5 + random.nextInt(10);
      }
      return switch (kind) {
        case NOISE -> random.nextGaussian();
        case SLOW -> slow;
        case WEAR -> age / (3.0 * STEPS_AN_HOUR);
        case DAY ->
            Math.sin(2 * Math.PI * step / (24.0 * STEPS_AN_HOUR)) + 0.5 * random.nextGaussian();
      };
    }
  }

  /** The training data: another month of other machines of the same kind. */
  private static Bins trained(Kind kind, boolean counted) {
    Random random = new Random(4_711);
    double[] usual = new double[MACHINES * HOURS * STEPS_AN_HOUR];
    for (int machine = 0; machine < MACHINES; machine++) {
      Signal signal = new Signal(kind, random);
      for (int step = 0; step < HOURS * STEPS_AN_HOUR; step++) {
        usual[machine * HOURS * STEPS_AN_HOUR + step] = signal.next(step);
      }
    }
    Input input = Input.of("x", "", 1, usual);
    return Bins.of(
            counted ? input : new Input("x", "", 1, input.low(), input.median(), input.high()))
        .orElseThrow();
  }

  /** The fleet's counts of one input. */
  private static final class Window {
    private final Bins bins;
    private final Deque<long[]> slots = new ArrayDeque<>();
    private Drift.Verdict verdict = Drift.Verdict.UNKNOWN;

    Window(Bins bins) {
      this.bins = bins;
    }

    void hour() {
      slots.addLast(new long[Units.GROUPS * bins.size()]);
      if (slots.size() > Units.SLOTS) {
        slots.removeFirst();
      }
    }

    void count(int machine, double value) {
      slots.getLast()[machine * bins.size() + bins.of(value)]++;
    }

    Drift.Verdict look() {
      Divergence divergence =
          Divergence.of(
              Units.divisions(new ArrayList<>(slots), bins.size()),
              bins.expected(),
              Double.POSITIVE_INFINITY);
      verdict = Drift.Verdict.of(divergence, slots.size() == Units.SLOTS, verdict, SETTINGS);
      return verdict;
    }
  }

  @Test
  void aCleanMonthIsNoDriftForAnyOfAHundredSeeds() {
    for (boolean counted : new boolean[] {true, false}) {
      for (Kind kind : Kind.values()) {
        Bins bins = trained(kind, counted);
        int looks = 0;
        int drifts = 0;
        int unknown = 0;
        // Half of the seeds for each way in which a manifest may tell what was usual.
        for (int seed = counted ? 0 : 1; seed < SEEDS; seed += 2) {
          List<Signal> signals = signals(kind, seed);
          Window window = new Window(bins);
          for (int hour = 0; hour < HOURS; hour++) {
            window.hour();
            for (int step = 0; step < STEPS_AN_HOUR; step++) {
              for (int machine = 0; machine < MACHINES; machine++) {
                window.count(machine, signals.get(machine).next(hour * STEPS_AN_HOUR + step));
              }
            }
            Drift.Verdict verdict = window.look();
            looks++;
            drifts += verdict == Drift.Verdict.DRIFT ? 1 : 0;
            unknown += verdict == Drift.Verdict.UNKNOWN ? 1 : 0;
          }
        }
        assertThat(drifts).as("%s, of %d looks", kind, looks).isZero();
        if (kind != Kind.SLOW) {
          // All looks but those of the first day, of which there are fifty.
          assertThat(unknown).as("%s, of %d looks", kind, looks).isEqualTo(SEEDS / 2 * 23);
        }
      }
    }
  }

  /**
   * Readings are those of the fleet, of which a window has 3,600. What is slow needs more: ten
   * machines that remember two hours are not as many as they look.
   */
  @Test
  void aShiftedChannelIsFoundWithinAStatedNumberOfReadings() {
    for (boolean counted : new boolean[] {true, false}) {
      for (Kind kind : Kind.values()) {
        Bins bins = trained(kind, counted);
        for (int seed = 0; seed < 10; seed++) {
          int byOneAndAHalf = found(kind, bins, seed, 1.5 * kind.spread);
          int byThree = found(kind, bins, seed, 3 * kind.spread);
          assertThat(byOneAndAHalf)
              .as("%s, seed %d", kind, seed)
              .isLessThanOrEqualTo(kind == Kind.SLOW ? 7_200 : 1_800);
          assertThat(byThree)
              .as("%s, seed %d", kind, seed)
              .isLessThanOrEqualTo(kind == Kind.SLOW ? 3_600 : 1_200);
        }
      }
    }
  }

  private static List<Signal> signals(Kind kind, long seed) {
    Random random = new Random(seed);
    List<Signal> signals = new ArrayList<>();
    for (int machine = 0; machine < MACHINES; machine++) {
      signals.add(new Signal(kind, random));
    }
    return signals;
  }

  /** How many readings of the fleet it takes after a channel has moved. */
  private static int found(Kind kind, Bins bins, long seed, double shift) {
    int hoursBefore = 3 * 24;
    List<Signal> signals = signals(kind, seed);
    Window window = new Window(bins);
    for (int hour = 0; hour < HOURS; hour++) {
      window.hour();
      for (int step = 0; step < STEPS_AN_HOUR; step++) {
        for (int machine = 0; machine < MACHINES; machine++) {
          window.count(
              machine,
              signals.get(machine).next(hour * STEPS_AN_HOUR + step)
                  + (hour >= hoursBefore ? shift : 0));
        }
      }
      if (window.look() == Drift.Verdict.DRIFT) {
        return (hour + 1 - hoursBefore) * STEPS_AN_HOUR * MACHINES;
      }
    }
    return Integer.MAX_VALUE;
  }
}
