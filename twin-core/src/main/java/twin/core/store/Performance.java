package twin.core.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How good a type's bundles have been, as far as people have said what was true: verdicts on
 * alerts, and maintenance that repaired a failure.
 *
 * @param machineDays days of machines with readings, of all bundles together
 * @param models each bundle that raised an alert or missed a failure
 */
public record Performance(long machineDays, List<OfModel> models) {

  public Performance {
    models = List.copyOf(models);
  }

  /**
   * What is counted.
   *
   * @param rules the alert rules that follow from what models say
   * @param horizon an alert and a failure belong together when the alert came at most so long
   *     before
   */
  public record Wanted(
      String type, List<String> rules, Instant from, Instant to, Duration horizon) {
    public Wanted {
      rules = List.copyOf(rules);
    }
  }

  /**
   * Of one bundle.
   *
   * @param model as TYPE:VERSION
   * @param alerts how many it raised
   * @param confirmed of them, those that somebody called real, or that a repaired failure followed
   * @param falseAlarms of them, those that somebody called false
   * @param failures that were repaired while it decided
   * @param found of them, those that an alert came before which nobody called false
   * @param leadHoursP50 half of these were told of at least so long before
   * @param rulLeftP50 the remaining life that it still gave when failures came, the median of them,
   *     in the unit of the type: how far it was off
   */
  public record OfModel(
      String model,
      long alerts,
      long confirmed,
      long falseAlarms,
      long failures,
      long found,
      @Nullable Double leadHoursP50,
      @Nullable Double rulLeftP50) {

    /** Share of the judged alerts that were true. */
    public Share precision() {
      return new Share(confirmed, confirmed + falseAlarms);
    }

    /** Share of the failures that were found. */
    public Share recall() {
      return new Share(found, failures);
    }
  }

  /**
   * A share with the interval in which it lies with a probability of 0.95, after E. B. Wilson,
   * Journal of the American Statistical Association 22, 1927.
   *
   * @param hits of how many
   * @param of all
   */
  public record Share(long hits, long of) {

    private static final double Z = 1.959964;

    /** The share itself; NaN of none. */
    public double value() {
      return (double) hits / of;
    }

    /** The lower end. */
    public double low() {
      return Math.max(0, end(-1));
    }

    /** The upper end. */
    public double high() {
      return Math.min(1, end(1));
    }

    private double end(int side) {
      double part = Z * Z / of;
      double spread = Z * Math.sqrt(value() * (1 - value()) / of + part / (4 * of));
      return (value() + part / 2 + side * spread) / (1 + part);
    }
  }
}
