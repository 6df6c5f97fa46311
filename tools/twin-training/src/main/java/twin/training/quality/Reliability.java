package twin.training.quality;

import java.util.ArrayList;
import java.util.List;

/** Whether probabilities mean what they say. */
public final class Reliability {

  /**
   * The predictions between two probabilities.
   *
   * @param predicted their mean
   * @param observed how large a share of them came true
   */
  public record Bin(double from, double to, int rows, double predicted, double observed) {}

  private Reliability() {}

  /** Mean squared difference to what was so, 1 or 0 (Brier, Monthly Weather Review 78, 1950). */
  public static double brier(double[] probabilities, boolean[] truth) {
    double sum = 0;
    for (int i = 0; i < truth.length; i++) {
      double difference = probabilities[i] - (truth[i] ? 1 : 0);
      sum += difference * difference;
    }
    return sum / truth.length;
  }

  /** The predictions in equally wide bins; empty ones are left out. */
  public static List<Bin> bins(double[] probabilities, boolean[] truth, int count) {
    int[] rows = new int[count];
    double[] predicted = new double[count];
    int[] observed = new int[count];
    for (int i = 0; i < truth.length; i++) {
      int bin = Math.min(count - 1, (int) (probabilities[i] * count));
      rows[bin]++;
      predicted[bin] += probabilities[i];
      observed[bin] += truth[i] ? 1 : 0;
    }
    List<Bin> bins = new ArrayList<>();
    for (int bin = 0; bin < count; bin++) {
      if (rows[bin] > 0) {
        bins.add(
            new Bin(
                bin / (double) count,
                (bin + 1) / (double) count,
                rows[bin],
                predicted[bin] / rows[bin],
                observed[bin] / (double) rows[bin]));
      }
    }
    return bins;
  }
}
