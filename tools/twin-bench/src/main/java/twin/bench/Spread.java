package twin.bench;

import java.util.List;

/** The median of some rounds with the least and the most of them. */
record Spread(double median, double least, double most) {

  static Spread of(List<Double> rounds) {
    List<Double> sorted = rounds.stream().sorted().toList();
    return new Spread(Quantiles.of(sorted, 0.5), sorted.getFirst(), sorted.getLast());
  }
}
