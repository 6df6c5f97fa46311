package twin.core.drift;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How something of a bundle is spread, and how it was.
 *
 * @param bins where it is counted, with the shares that are expected
 * @param reference what the expected shares are from
 * @param divergence how far it is off
 * @param verdict what is thought of it
 * @param since since when; null where that is not kept
 */
public record Drift(
    Measure measure,
    Bins bins,
    Reference reference,
    Divergence divergence,
    Verdict verdict,
    @Nullable Instant since) {

  /** What is thought of it. */
  public enum Verdict {
    /** Too little is known. */
    UNKNOWN,
    /** It is spread as expected, or nobody can tell that it is not. */
    NONE,
    /** It is not quite as expected. */
    WATCH,
    /** It is not what the bundle was made for. */
    DRIFT;

    /** A verdict stands until the index is below this part of the bound from which it holds. */
    private static final double HYSTERESIS = 0.8;

    /** The name in JSON and in the table. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Verdict of(String label) {
      return valueOf(label.toUpperCase(Locale.ROOT));
    }

    /**
     * What follows from an index.
     *
     * @param whole whether there are readings of a whole window: a part of a day is not like a day
     * @param before what was thought before
     */
    static Verdict of(
        Divergence divergence, boolean whole, Verdict before, DriftSettings settings) {
      if (!whole) {
        return before;
      }
      double psi = divergence.psi();
      if (psi >= settings.driftFrom() && psi > divergence.psiByChance()) {
        return DRIFT;
      }
      if (before == DRIFT && psi >= HYSTERESIS * settings.driftFrom()) {
        return DRIFT;
      }
      if (divergence.psiByChance() >= settings.driftFrom()) {
        // What is beyond the bound could be chance, and what is not could be luck.
        return before;
      }
      if (psi >= settings.watchFrom() && psi > divergence.psiByChance()) {
        return WATCH;
      }
      return before.compareTo(WATCH) >= 0 && psi >= HYSTERESIS * settings.watchFrom()
          ? WATCH
          : NONE;
    }
  }

  /** What the expected shares are from. */
  public enum Reference {
    /** What was counted in the training data. */
    TRAINING,
    /** Of a bundle that tells no more: three quantiles of the training data. */
    QUANTILES,
    /** What was counted in the first window in which the bundle decided. */
    FIRST_WINDOW;

    /** The name in JSON. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
