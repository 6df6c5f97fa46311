package twin.core.feature;

import java.util.List;
import twin.core.reading.Reading;
import twin.core.reading.Values;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;

/**
 * Computes a machine type's features. Every sum runs from the oldest value to the newest, so that
 * the same window gives the same bits wherever and whenever it is computed.
 *
 * <p>Immutable and safe for use by many threads.
 */
public final class FeatureExtractor {

  /** Version of the arithmetic; it changes when any feature's bits may. */
  public static final int VERSION = 1;

  private final MachineType type;
  private final int[][] inputs;

  public FeatureExtractor(MachineType type) {
    this.type = type;
    this.inputs =
        type.features().stream()
            .map(
                spec ->
                    spec.inputs().stream()
                        .mapToInt(
                            input ->
                                spec.kind() == FeatureSpec.Kind.ATTRIBUTE
                                    ? type.attributes().indexOf(input)
                                    : type.indexOf(input))
                        .toArray())
            .toArray(int[][]::new);
  }

  /**
   * The features of a reading.
   *
   * @param reading the reading
   * @param window the newest readings, this one the last
   */
  public FeatureVector extract(Reading reading, ReadingWindow window) {
    List<FeatureSpec> specs = type.features();
    double[] features = new double[specs.size()];
    for (int i = 0; i < features.length; i++) {
      // Adding zero turns -0.0 into 0.0, which compares equal and must hash equal.
      features[i] = compute(specs.get(i), inputs[i], reading, window) + 0.0;
    }
    return new FeatureVector(specs, Values.of(features));
  }

  private static double compute(
      FeatureSpec spec, int[] inputs, Reading reading, ReadingWindow window) {
    int channel = inputs[0];
    int first = Math.max(0, window.size() - spec.windowReadings());
    return switch (spec.kind()) {
      case VALUE -> reading.trusted(channel);
      case DIFFERENCE -> reading.trusted(channel) - reading.trusted(inputs[1]);
      case PRODUCT -> {
        double product = spec.factor();
        for (int input : inputs) {
          product *= reading.trusted(input);
        }
        yield product;
      }
      case ATTRIBUTE -> reading.attribute(channel).equals(spec.value()) ? 1 : 0;
      case MEAN -> mean(window, first, channel);
      case STANDARD_DEVIATION -> standardDeviation(window, first, channel);
      case MINIMUM -> minimum(window, first, channel);
      case MAXIMUM -> maximum(window, first, channel);
      case SLOPE -> slope(window, first, channel);
    };
  }

  private static double mean(ReadingWindow window, int first, int channel) {
    double sum = 0;
    int count = 0;
    for (int row = first; row < window.size(); row++) {
      double value = window.value(row, channel);
      if (!Double.isNaN(value)) {
        sum += value;
        count++;
      }
    }
    return count == 0 ? Double.NaN : sum / count;
  }

  private static double standardDeviation(ReadingWindow window, int first, int channel) {
    double mean = mean(window, first, channel);
    double squares = 0;
    int count = 0;
    for (int row = first; row < window.size(); row++) {
      double value = window.value(row, channel);
      if (!Double.isNaN(value)) {
        squares += (value - mean) * (value - mean);
        count++;
      }
    }
    return count < 2 ? Double.NaN : Math.sqrt(squares / (count - 1));
  }

  private static double minimum(ReadingWindow window, int first, int channel) {
    double least = Double.NaN;
    for (int row = first; row < window.size(); row++) {
      double value = window.value(row, channel);
      if (Double.isNaN(least) || value < least) {
        least = value;
      }
    }
    return least;
  }

  private static double maximum(ReadingWindow window, int first, int channel) {
    double greatest = Double.NaN;
    for (int row = first; row < window.size(); row++) {
      double value = window.value(row, channel);
      if (Double.isNaN(greatest) || value > greatest) {
        greatest = value;
      }
    }
    return greatest;
  }

  /** Least squares over the position in the window; absent values take no part. */
  private static double slope(ReadingWindow window, int first, int channel) {
    double sumX = 0;
    double sumY = 0;
    int count = 0;
    for (int row = first; row < window.size(); row++) {
      double value = window.value(row, channel);
      if (!Double.isNaN(value)) {
        sumX += row - first;
        sumY += value;
        count++;
      }
    }
    if (count < 2) {
      return Double.NaN;
    }
    double meanX = sumX / count;
    double meanY = sumY / count;
    double products = 0;
    double squares = 0;
    for (int row = first; row < window.size(); row++) {
      double value = window.value(row, channel);
      if (!Double.isNaN(value)) {
        products += (row - first - meanX) * (value - meanY);
        squares += (row - first - meanX) * (row - first - meanX);
      }
    }
    return products / squares;
  }
}
