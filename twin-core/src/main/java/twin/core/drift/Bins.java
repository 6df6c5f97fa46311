package twin.core.drift;

import java.util.List;
import java.util.Optional;
import twin.core.inference.BundleManifest;

/**
 * Where values are counted. A bin takes what is above the edge before it, up to its own; the last
 * one takes the rest.
 *
 * @param edges rising
 * @param expected share of the values that is expected in each bin; empty while it is not known
 */
public record Bins(List<Double> edges, List<Double> expected) {

  /** What quantiles alone say: 5 % below the first, 45 % up to the second, and so on. */
  private static final List<Double> BY_QUANTILES = List.of(0.05, 0.45, 0.45, 0.05);

  /** Scores as multiples of their threshold; from 1 on a reading is anomalous. */
  static final Bins SCORE =
      new Bins(List.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, below(1), 1.5, 2.0), List.of());

  static final Bins PROBABILITY =
      new Bins(List.of(0.001, 0.003, 0.01, 0.03, 0.1, 0.25, below(0.5), 0.75, 0.9), List.of());

  public Bins {
    edges = List.copyOf(edges);
    expected = List.copyOf(expected);
  }

  /** So that the number itself is in the bin above. */
  private static double below(double number) {
    return Math.nextDown(number);
  }

  /**
   * Those of an input. Of a bundle that tells quantiles only, values that are often the same cannot
   * be counted: nobody knows how many are to be below.
   */
  static Optional<Bins> of(BundleManifest.Input input) {
    if (!input.edges().isEmpty()) {
      return Optional.of(new Bins(input.edges(), input.shares()));
    }
    boolean apart = input.low() < input.median() && input.median() < input.high();
    return apart
        ? Optional.of(new Bins(List.of(input.low(), input.median(), input.high()), BY_QUANTILES))
        : Optional.empty();
  }

  /** How many there are. */
  public int size() {
    return edges.size() + 1;
  }

  /** Which one a number falls in. */
  int of(double value) {
    int low = 0;
    int high = edges.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (edges.get(middle) < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
