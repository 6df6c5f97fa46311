package twin.bench;

import java.util.List;

/** Quantiles of measured values. */
final class Quantiles {

  private Quantiles() {}

  /** The value below which so much of them is; NaN when there is none. */
  static double of(List<Double> values, double share) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.round(share * (sorted.size() - 1)));
  }
}
