package twin.training.quality;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How well decisions and scores agree with the truth, where the truth is yes or no.
 *
 * <p>A figure whose denominator is zero is 0, as in most published tables, except the areas:
 * without both a yes and a no there is nothing to rank, and they are NaN.
 *
 * @param rows how many predictions
 * @param accuracy share that is right
 * @param precision share of the predicted yes that is one
 * @param recall share of the true yes that is predicted
 * @param f1 harmonic mean of precision and recall
 * @param rocAuc chance that a true yes scores above a true no, ties counting half
 * @param prAuc average precision: the step-wise area under precision over recall
 * @param mcc Matthews' correlation coefficient
 */
public record BinaryFigures(
    int rows,
    double accuracy,
    double precision,
    double recall,
    double f1,
    double rocAuc,
    double prAuc,
    double mcc) {

  /**
   * Computes the figures.
   *
   * @param scores higher means rather yes
   * @param decisions what was decided
   * @param truth what was so
   */
  public static BinaryFigures of(double[] scores, boolean[] decisions, boolean[] truth) {
    if (scores.length != truth.length || decisions.length != truth.length) {
      throw new IllegalArgumentException("scores, decisions and truth differ in length");
    }
    double hits = 0;
    double falseAlarms = 0;
    double misses = 0;
    double passes = 0;
    for (int i = 0; i < truth.length; i++) {
      if (decisions[i]) {
        hits += truth[i] ? 1 : 0;
        falseAlarms += truth[i] ? 0 : 1;
      } else {
        misses += truth[i] ? 1 : 0;
        passes += truth[i] ? 0 : 1;
      }
    }
    double product =
        (hits + falseAlarms) * (hits + misses) * (passes + falseAlarms) * (passes + misses);
    return new BinaryFigures(
        truth.length,
        ratio(hits + passes, truth.length),
        ratio(hits, hits + falseAlarms),
        ratio(hits, hits + misses),
        ratio(2 * hits, 2 * hits + falseAlarms + misses),
        rocAuc(scores, truth),
        prAuc(scores, truth),
        ratio(hits * passes - falseAlarms * misses, Math.sqrt(product)));
  }

  /** The same, deciding yes where a score is at least the threshold. */
  public static BinaryFigures of(double[] scores, double threshold, boolean[] truth) {
    boolean[] decisions = new boolean[scores.length];
    for (int i = 0; i < scores.length; i++) {
      decisions[i] = scores[i] >= threshold;
    }
    return of(scores, decisions, truth);
  }

  private static double rocAuc(double[] scores, boolean[] truth) {
    int[] falling = falling(scores);
    double yes = count(truth);
    double no = truth.length - yes;
    double area = 0;
    double hits = 0;
    for (int start = 0; start < falling.length; ) {
      int end = endOfTie(scores, falling, start);
      double tiedHits = 0;
      for (int rank = start; rank < end; rank++) {
        tiedHits += truth[falling[rank]] ? 1 : 0;
      }
      area += (end - start - tiedHits) * (hits + tiedHits / 2);
      hits += tiedHits;
      start = end;
    }
    return area / (yes * no);
  }

  private static double prAuc(double[] scores, boolean[] truth) {
    int[] falling = falling(scores);
    double yes = count(truth);
    double area = 0;
    double hits = 0;
    for (int start = 0; start < falling.length; ) {
      int end = endOfTie(scores, falling, start);
      double before = hits;
      for (int rank = start; rank < end; rank++) {
        hits += truth[falling[rank]] ? 1 : 0;
      }
      area += (hits - before) / yes * hits / end;
      start = end;
    }
    return yes == 0 ? Double.NaN : area;
  }

  private static int endOfTie(double[] scores, int[] falling, int start) {
    int end = start + 1;
    while (end < falling.length && scores[falling[end]] == scores[falling[start]]) {
      end++;
    }
    return end;
  }

  private static int[] falling(double[] scores) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -scores[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static double count(boolean[] truth) {
    return IntStream.range(0, truth.length).filter(i -> truth[i]).count();
  }

  private static double ratio(double numerator, double denominator) {
    return denominator == 0 ? 0 : numerator / denominator;
  }

  /**
   * The value below which the given share of the numbers lies, interpolated between the two nearest
   * (Hyndman and Fan's type 7).
   */
  public static double quantile(double[] numbers, double share) {
    double[] rising = numbers.clone();
    Arrays.sort(rising);
    double position = share * (rising.length - 1);
    int below = (int) Math.floor(position);
    int above = Math.min(below + 1, rising.length - 1);
    return rising[below] + (position - below) * (rising[above] - rising[below]);
  }
}
