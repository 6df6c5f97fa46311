package twin.core.feature;

import static java.lang.Double.NaN;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Reading;
import twin.core.reading.Values;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.core.type.OperatingMode;

/**
 * Computes a machine type's features. Every sum runs from the oldest value to the newest, so that
 * the same window gives the same bits wherever and whenever it is computed.
 *
 * <p>A window keeps of each reading the columns of the type: the values of the channels, and after
 * them those features of a single reading that features over windows look at.
 *
 * <p>Immutable and safe for use by many threads.
 */
public final class FeatureExtractor {

  /** Version of the arithmetic; it changes when any feature's bits may. */
  public static final int VERSION = 1;

  private static final double NANOS_A_SECOND = 1e9;

  private final MachineType type;
  private final List<String> columns;
  private final int[][] inputs;
  private final FeatureSpec[] derived;
  private final int[][] derivedInputs;
  private final double[][] nominalValues;
  private final double[][] nominalSpreads;
  private final boolean comparesWithBaseline;

  public FeatureExtractor(MachineType type) {
    this.type = type;
    this.columns = type.columns();
    List<FeatureSpec> specs = type.features();
    this.inputs = specs.stream().map(this::positions).toArray(int[][]::new);
    this.derived =
        columns.stream()
            .skip(type.channels().size())
            .map(column -> named(column, specs))
            .toArray(FeatureSpec[]::new);
    this.derivedInputs = new int[derived.length][];
    for (int i = 0; i < derived.length; i++) {
      derivedInputs[i] = positions(derived[i]);
    }
    this.nominalValues = nominal(type, OperatingMode.Nominal::value);
    this.nominalSpreads = nominal(type, OperatingMode.Nominal::spread);
    this.comparesWithBaseline = specs.stream().anyMatch(spec -> spec.kind().needsBaseline());
  }

  private static FeatureSpec named(String name, List<FeatureSpec> specs) {
    return specs.stream().filter(spec -> spec.name().equals(name)).findFirst().orElseThrow();
  }

  private int[] positions(FeatureSpec spec) {
    List<String> among = spec.kind() == FeatureSpec.Kind.ATTRIBUTE ? type.attributes() : columns;
    return spec.inputs().stream().mapToInt(among::indexOf).toArray();
  }

  /** A number of what is nominal by operating mode and channel, NaN where it is not known. */
  private static double[][] nominal(
      MachineType type, ToDoubleFunction<OperatingMode.Nominal> number) {
    return type.operatingModes().stream()
        .map(
            mode ->
                type.channels().stream()
                    .mapToDouble(
                        channel ->
                            mode.nominal(channel.name()).map(number::applyAsDouble).orElse(NaN))
                    .toArray())
        .toArray(double[][]::new);
  }

  /** The type whose features these are. */
  public MachineType type() {
    return type;
  }

  /** What a window keeps of each reading, by name. */
  public List<String> columns() {
    return columns;
  }

  /** Position of a column, -1 when there is none of that name. */
  public int columnOf(String name) {
    // A loop over a handful of interned names is faster than a map, and there is nothing to keep.
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /** What the window keeps of a reading: a value for each column, NaN where it is absent. */
  public double[] columnsOf(Reading reading) {
    double[] row = new double[columns.size()];
    for (int channel = 0; channel < type.channels().size(); channel++) {
      row[channel] = reading.trusted(channel);
    }
    derive(row);
    return row;
  }

  private void derive(double[] row) {
    for (int i = 0; i < derived.length; i++) {
      row[type.channels().size() + i] = ofOneReading(derived[i], derivedInputs[i], row);
    }
  }

  /** The position of the operating mode that a row of columns is of, from 1; 0 for none. */
  public int operatingMode(double[] row) {
    for (int mode = 0; mode < type.operatingModes().size(); mode++) {
      boolean holds = true;
      for (OperatingMode.Range range : type.operatingModes().get(mode).ranges()) {
        double value = row[columnOf(range.channel())];
        holds &= value >= range.min() && value <= range.max();
      }
      if (holds) {
        return mode + 1;
      }
    }
    return 0;
  }

  /** A window that was kept by another definition, in the terms of this one. */
  public ReadingWindow adopt(ReadingWindow window, @Nullable FeatureExtractor before) {
    ReadingWindow adopted = ReadingWindow.empty(type.windowReadings(), columns.size());
    int first = Math.max(0, window.size() - adopted.capacity());
    for (int row = first; row < window.size(); row++) {
      double[] values = new double[columns.size()];
      for (int channel = 0; channel < type.channels().size(); channel++) {
        int position = before == null ? -1 : before.type.indexOf(columns.get(channel));
        values[channel] = position < 0 ? NaN : window.value(row, position);
      }
      derive(values);
      adopted = adopted.with(window.timeNanos(row), window.seq(row), values);
    }
    return adopted;
  }

  /**
   * The features of a reading.
   *
   * @param reading the reading
   * @param window the newest readings, this one the last
   * @param calibration what is known of the machine's own baseline, this reading included
   */
  public FeatureVector extract(Reading reading, ReadingWindow window, Calibration calibration) {
    double[] row = columnsOf(reading);
    @Nullable Baseline[] baselines = comparesWithBaseline ? baselines(calibration) : null;
    List<FeatureSpec> specs = type.features();
    double[] features = new double[specs.size()];
    for (int i = 0; i < features.length; i++) {
      FeatureSpec spec = specs.get(i);
      double feature =
          switch (spec.kind()) {
            case VALUE, DIFFERENCE, PRODUCT, DEVIATION -> ofOneReading(spec, inputs[i], row);
            case ATTRIBUTE -> reading.attribute(inputs[i][0]).equals(spec.value()) ? 1 : 0;
            case COUNT -> calibration.readings();
            case CHANGE, STANDARDISED, SPREAD_RATIO -> {
              Baseline baseline = baselines == null ? null : baselines[inputs[i][0]];
              yield baseline == null ? NaN : comparedWith(baseline, spec, window, inputs[i][0]);
            }
            case MEAN, STANDARD_DEVIATION, MINIMUM, MAXIMUM, SLOPE ->
                ofWindow(spec.kind(), window, first(spec, window), inputs[i][0]);
          };
      // Adding zero turns -0.0 into 0.0, which compares equal and must hash equal.
      features[i] = feature + 0.0;
    }
    int mode = operatingMode(row);
    String modeName = mode == 0 ? "" : type.operatingModes().get(mode - 1).name();
    return new FeatureVector(specs, Values.of(features), modeName, columns, window);
  }

  private @Nullable Baseline[] baselines(Calibration calibration) {
    @Nullable Baseline[] baselines = new @Nullable Baseline[columns.size()];
    for (int i = 0; i < baselines.length; i++) {
      baselines[i] = calibration.soFar(columns.get(i));
    }
    return baselines;
  }

  private double ofOneReading(FeatureSpec spec, int[] inputs, double[] row) {
    return switch (spec.kind()) {
      case VALUE -> row[inputs[0]];
      case DIFFERENCE -> row[inputs[0]] - row[inputs[1]];
      case PRODUCT -> {
        double product = spec.factor();
        for (int input : inputs) {
          product *= row[input];
        }
        yield product;
      }
      case DEVIATION -> deviation(inputs[0], row);
      default -> throw new IllegalStateException(spec.kind() + " is not of one reading");
    };
  }

  private double deviation(int channel, double[] row) {
    int mode = operatingMode(row);
    return mode == 0
        ? NaN
        : (row[channel] - nominalValues[mode - 1][channel]) / nominalSpreads[mode - 1][channel];
  }

  /** The first row that a feature looks at. */
  private static int first(FeatureSpec spec, ReadingWindow window) {
    int first = Math.max(0, window.size() - spec.windowReadings());
    if (spec.windowSeconds() > 0 && window.size() > 0) {
      long after =
          window.timeNanos(window.size() - 1) - (long) (spec.windowSeconds() * NANOS_A_SECOND);
      while (window.timeNanos(first) <= after) {
        first++;
      }
    }
    return first;
  }

  private static double comparedWith(
      Baseline baseline, FeatureSpec spec, ReadingWindow window, int column) {
    int first = first(spec, window);
    return switch (spec.kind()) {
      case CHANGE -> mean(window, first, column) - baseline.mean();
      case STANDARDISED -> (mean(window, first, column) - baseline.mean()) / baseline.scale();
      case SPREAD_RATIO -> standardDeviation(window, first, column) / baseline.scale();
      default -> throw new IllegalStateException(spec.kind() + " needs no baseline");
    };
  }

  private static double ofWindow(
      FeatureSpec.Kind kind, ReadingWindow window, int first, int column) {
    return switch (kind) {
      case MEAN -> mean(window, first, column);
      case STANDARD_DEVIATION -> standardDeviation(window, first, column);
      case MINIMUM -> minimum(window, first, column);
      case MAXIMUM -> maximum(window, first, column);
      case SLOPE -> slope(window, first, column);
      default -> throw new IllegalStateException(kind + " is not of a window");
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
    return count == 0 ? NaN : sum / count;
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
    return count < 2 ? NaN : Math.sqrt(squares / (count - 1));
  }

  private static double minimum(ReadingWindow window, int first, int channel) {
    double least = NaN;
    for (int row = first; row < window.size(); row++) {
      double value = window.value(row, channel);
      if (Double.isNaN(least) || value < least) {
        least = value;
      }
    }
    return least;
  }

  private static double maximum(ReadingWindow window, int first, int channel) {
    double greatest = NaN;
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
      return NaN;
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
