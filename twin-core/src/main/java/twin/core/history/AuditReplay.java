package twin.core.history;

import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.InferenceException;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.AssessedReading;
import twin.core.machine.Assessing;
import twin.core.machine.Definition;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.SnapshotCodec;
import twin.core.reading.Placement;

/**
 * Computes again what a machine's twin concluded, and compares. The events go through the same code
 * that recorded them: features from the state before each event, models on these features, the
 * state after it through {@code apply}, summaries of periods from the readings. On the way it sees
 * whether events are missing, whether their chain is whole, and whether snapshots are the states
 * that the events lead to. Behind an event that is missing it goes on from the next snapshot; what
 * is in between is counted and not compared.
 *
 * <p>With the same bundle, feature code, runtime and processor level every bit must be the same.
 * With another runtime or processor the bundle's own tolerance holds, and the report says so.
 * Readings are asked about many at a time, which changes no bit and costs a fraction.
 *
 * <p>Not thread-safe; one object replays one machine once.
 */
public final class AuditReplay {

  /** How many differences a report tells in full. */
  public static final int TOLD_MAX = 20;

  private static final int ASKED_AT_ONCE = 256;

  private final Models models;
  private final List<Pending> pending = new ArrayList<>();
  private final List<Difference> told = new ArrayList<>();
  private final Map<String, Long> unchecked = new TreeMap<>();
  private final TreeSet<String> decidedBy = new TreeSet<>();
  private MachineState state;
  private @Nullable Judge judge;
  private long events;
  private long readings;
  private long assessed;
  private long different;
  private long brokenLinks;
  private long missing;
  private long snapshots;
  private long periods;
  private long wrong;
  private long last;

  /** Whether the state is that of the twin: not behind a missing event, until the next snapshot. */
  private boolean certain = true;

  private boolean tolerant;
  private double tolerance;

  /** One recorded conclusion that waits for being computed again. */
  private record Pending(
      long revision,
      int index,
      AssessedReading recorded,
      FeatureVector features,
      MachineState before) {}

  /**
   * Who computes again.
   *
   * @param session the bundle; null for the built-in gate
   * @param tolerance 0 where every bit must be the same
   */
  private record Judge(ModelProfile profile, @Nullable ModelSession session, double tolerance) {}

  /**
   * Where what was recorded is not what comes out.
   *
   * @param revision the event
   * @param index position of the reading in it; -1 for the event as a whole
   * @param at time of the reading, or when the event was recorded
   * @param what what differs: {@code missing}, {@code chain}, {@code snapshot}, {@code period},
   *     {@code features} or a number of the assessment
   */
  public record Difference(
      long revision, int index, Instant at, String what, String recorded, String computed) {}

  /**
   * What came out.
   *
   * @param firstRevision the first event that was read; above {@code lastRevision} for none
   * @param readings how many readings the events held
   * @param compared how many conclusions were computed again and compared
   * @param equal how many of them came out the same
   * @param brokenLinks how many events do not name the one before them
   * @param missing how many events are not there
   * @param snapshots how many snapshots were compared with the state
   * @param periods how many summaries were compared with the readings
   * @param wrong how many snapshots and summaries are something else
   * @param bitEqual whether every bit was asked to be the same; else the tolerance held
   * @param tolerance the greatest tolerance that was granted
   * @param models which models had decided
   * @param unchecked how many conclusions could not be computed again, by reason
   * @param differences the first that differ
   */
  public record Report(
      String machineId,
      long firstRevision,
      long lastRevision,
      long readings,
      long compared,
      long equal,
      long brokenLinks,
      long missing,
      long snapshots,
      long periods,
      long wrong,
      boolean bitEqual,
      double tolerance,
      List<String> models,
      Map<String, Long> unchecked,
      List<Difference> differences) {
    public Report {
      models = List.copyOf(models);
      unchecked = Map.copyOf(unchecked);
      differences = List.copyOf(differences);
    }

    /** Whether nothing is missing and everything that was compared came out the same. */
    public boolean whole() {
      return brokenLinks == 0 && missing == 0 && wrong == 0 && equal == compared;
    }
  }

  /**
   * A replay.
   *
   * @param before the state before the first event that will be replayed
   */
  public AuditReplay(MachineState before, Models models) {
    this.state = before;
    this.models = models;
    this.last = before.revision();
  }

  /** Takes the next event. */
  public void add(JournalEntry entry) {
    add(last + 1, entry, null);
  }

  /**
   * Takes an event, which need not be the next.
   *
   * @param snapshot what is kept as the state after it; null for nothing
   */
  void add(long revision, JournalEntry entry, byte @Nullable [] snapshot) {
    Instant at = entry.stamp().recordedAt();
    if (revision != last + 1) {
      missing += revision - last - 1;
      tell(
          new Difference(
              last + 1, -1, at, "missing", "none", "events up to revision " + (revision - 1)));
      flush();
      certain = false;
    } else if (certain && !entry.stamp().previous().equals(state.head())) {
      brokenLinks++;
      tell(
          new Difference(
              revision,
              -1,
              at,
              "chain",
              entry.stamp().previous().toString(),
              state.head().toString()));
    }
    last = revision;
    events++;
    if (certain) {
      switch (entry.event()) {
        case MachineEvent.ReadingsRecorded recorded -> take(recorded.readings());
        case MachineEvent.PeriodSummarized recorded -> period(revision, at, recorded);
        default -> {
          // It is a cause, or follows from readings by rules that are not applied again.
        }
      }
      state = state.apply(entry);
    } else if (entry.event() instanceof MachineEvent.ReadingsRecorded recorded) {
      readings += recorded.readings().size();
    }
    if (snapshot != null) {
      compareSnapshot(at, snapshot);
    }
  }

  private void period(long revision, Instant at, MachineEvent.PeriodSummarized recorded) {
    Definition definition = state.definition();
    Optional<MachineEvent.PeriodSummarized> computed =
        definition == null ? Optional.empty() : state.period().summary(definition.type());
    periods++;
    if (!computed.equals(Optional.of(recorded))) {
      wrong++;
      tell(
          new Difference(
              revision,
              -1,
              at,
              "period",
              recorded.toString(),
              computed.map(Record::toString).orElse("none")));
    }
  }

  private void compareSnapshot(Instant at, byte[] snapshot) {
    if (!certain) {
      try {
        MachineState kept = SnapshotCodec.decode(snapshot);
        if (kept.revision() == last) {
          state = kept;
          certain = true;
        }
      } catch (UncheckedIOException e) {
        wrong++;
        tell(new Difference(last, -1, at, "snapshot", "broken", "a state"));
      }
      return;
    }
    snapshots++;
    String differs;
    try {
      differs = String.join(", ", SnapshotCodec.differences(snapshot, state));
    } catch (UncheckedIOException e) {
      differs = "everything: it cannot be read";
    }
    if (!differs.isEmpty()) {
      wrong++;
      tell(
          new Difference(
              last, -1, at, "snapshot", "a state that differs in " + differs, "the events' state"));
    }
  }

  private void take(List<AssessedReading> recorded) {
    long revision = state.revision() + 1;
    List<@Nullable FeatureVector> features = Assessing.features(state, recorded);
    for (int i = 0; i < recorded.size(); i++) {
      AssessedReading each = recorded.get(i);
      FeatureVector computed = features.get(i);
      readings++;
      if (each.placement() != Placement.IN_ORDER || computed == null) {
        continue;
      }
      assessed++;
      ModelProfile model = state.model();
      if (model == null) {
        unchecked.merge("no model is known at that event", 1L, Long::sum);
      } else if (model.featureVersion() != FeatureExtractor.VERSION) {
        unchecked.merge(
            "the features are of feature code %d, and this program has %d"
                .formatted(model.featureVersion(), FeatureExtractor.VERSION),
            1L,
            Long::sum);
      } else if (computed.hash() != each.featureHash()) {
        tell(
            new Difference(
                revision,
                i,
                each.reading().timestamp(),
                "features",
                Long.toHexString(each.featureHash()),
                Long.toHexString(computed.hash())));
      } else {
        ask(new Pending(revision, i, each, computed, state), model);
      }
    }
  }

  private void ask(Pending conclusion, ModelProfile model) {
    Judge present = judge;
    if (present == null || !present.profile().equals(model)) {
      flush();
      present = judgeFor(model);
      judge = present;
    }
    decidedBy.add(model.ref().label());
    Assessment recorded = conclusion.recorded().assessment();
    if (recorded != null && !recorded.isAvailable() && !model.ref().builtIn()) {
      unchecked.merge("the model could not be run then", 1L, Long::sum);
      return;
    }
    if (present.session() == null && !model.ref().builtIn()) {
      unchecked.merge(
          "the bundle %s with sha256 %s is not there"
              .formatted(model.ref().label(), model.ref().sha256()),
          1L,
          Long::sum);
      return;
    }
    pending.add(conclusion);
    if (pending.size() == ASKED_AT_ONCE) {
      flush();
    }
  }

  private Judge judgeFor(ModelProfile model) {
    Optional<ModelSession> session =
        model.ref().builtIn() ? Optional.empty() : models.bundle(model.ref());
    boolean sameRuntime =
        session.isEmpty() || session.get().profile().runtime().equals(model.runtime());
    return new Judge(model, session.orElse(null), sameRuntime ? 0 : session.get().tolerance());
  }

  private void flush() {
    Judge by = judge;
    if (by == null || pending.isEmpty()) {
      return;
    }
    tolerant |= by.tolerance() > 0;
    tolerance = Math.max(tolerance, by.tolerance());
    try {
      List<@Nullable Assessment> computed =
          Assessing.again(
              pending.stream().map(Pending::before).toList(),
              pending.stream().map(each -> each.recorded().reading()).toList(),
              pending.stream().map(Pending::features).toList(),
              by.session());
      for (int i = 0; i < pending.size(); i++) {
        compare(pending.get(i), computed.get(i), by);
      }
    } catch (InferenceException e) {
      unchecked.merge(
          "the model cannot be run now: " + e.getMessage(), (long) pending.size(), Long::sum);
    }
    pending.clear();
  }

  private void compare(Pending conclusion, @Nullable Assessment computed, Judge by) {
    Assessment recorded = conclusion.recorded().assessment();
    if (Objects.equals(recorded, computed)) {
      return;
    }
    List<String> names = names(by.profile());
    float[] then = numbers(recorded, names.size());
    float[] now = numbers(computed, names.size());
    if (by.tolerance() > 0 && within(then, now, by.tolerance())) {
      return;
    }
    for (int i = 0; i < names.size(); i++) {
      if (Float.floatToIntBits(then[i]) != Float.floatToIntBits(now[i])) {
        tell(
            new Difference(
                conclusion.revision(),
                conclusion.index(),
                conclusion.recorded().reading().timestamp(),
                names.get(i),
                Float.toString(then[i]),
                Float.toString(now[i])));
        return;
      }
    }
    tell(
        new Difference(
            conclusion.revision(),
            conclusion.index(),
            conclusion.recorded().reading().timestamp(),
            "assessment",
            told(recorded),
            told(computed)));
  }

  private static String told(@Nullable Assessment assessment) {
    return assessment == null ? "none" : assessment.toString();
  }

  private static List<String> names(ModelProfile profile) {
    List<String> names = new ArrayList<>();
    profile.modalities().forEach(modality -> names.add("anomaly_score." + modality));
    names.add("failure_probability");
    profile.failureModes().forEach(mode -> names.add("failure_modes." + mode));
    profile.rulQuantiles().forEach(q -> names.add("rul.p" + Math.round(q * 100)));
    return names;
  }

  /** All numbers of an assessment, one after another; NaN where there is none. */
  private static float[] numbers(@Nullable Assessment assessment, int count) {
    float[] numbers = new float[count];
    Arrays.fill(numbers, Float.NaN);
    if (assessment == null || !assessment.isAvailable()) {
      return numbers;
    }
    int next = 0;
    for (int i = 0; i < assessment.modalities() && next < count; i++) {
      numbers[next++] = assessment.score(i);
    }
    if (next < count) {
      numbers[next++] = assessment.failureProbability();
    }
    for (int i = 0; i < assessment.failureModes() && next < count; i++) {
      numbers[next++] = assessment.failureMode(i);
    }
    for (int i = 0; i < assessment.rulQuantiles() && next < count; i++) {
      numbers[next++] = assessment.rul(i);
    }
    return numbers;
  }

  private static boolean within(float[] then, float[] now, double tolerance) {
    for (int i = 0; i < then.length; i++) {
      boolean bothAbsent = Float.isNaN(then[i]) && Float.isNaN(now[i]);
      double allowed = tolerance * Math.max(1, Math.abs(then[i]));
      if (!bothAbsent && !(Math.abs(then[i] - now[i]) <= allowed)) {
        return false;
      }
    }
    return true;
  }

  private void tell(Difference difference) {
    if (difference.index() >= 0) {
      different++;
    }
    if (told.size() < TOLD_MAX) {
      told.add(difference);
    }
  }

  /** How many events have been taken. */
  public long events() {
    return events;
  }

  /** What has come out. The order of differences is that of the journal. */
  public Report report() {
    flush();
    long notCompared = unchecked.values().stream().mapToLong(Long::longValue).sum();
    List<Difference> inOrder = new ArrayList<>(told);
    inOrder.sort(
        Comparator.comparingLong(Difference::revision).thenComparingInt(Difference::index));
    return new Report(
        state.machineId(),
        last - events - missing + 1,
        last,
        readings,
        assessed - notCompared,
        assessed - notCompared - different,
        brokenLinks,
        missing,
        snapshots,
        periods,
        wrong,
        !tolerant,
        tolerance,
        List.copyOf(decidedBy),
        unchecked,
        inOrder);
  }
}
