package twin.simulator;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The levels of the sensors of a turbofan engine by regime, from the resource {@code
 * turbofan-levels.csv}, which also says what each column is and how it was estimated. Immutable.
 */
final class TurbofanLevels {
  private static final String RESOURCE = "turbofan-levels.csv";
  private static final int FACTORS = 3;

  /**
   * A sensor in one regime.
   *
   * @param wear how its level in an engine is made of independent factors, all 0 where it is not
   * @param compressorChange from new to failure, by the fault of the compressor
   * @param fanChange the same by that of the fan
   */
  record Sensor(
      double mean,
      double noiseSd,
      double engineSd,
      List<Double> wear,
      double compressorChange,
      double fanChange,
      int decimals) {
    Sensor {
      wear = List.copyOf(wear);
    }

    boolean sharesWear() {
      return wear.stream().anyMatch(part -> part != 0);
    }
  }

  private static final TurbofanLevels RECORDED = read();

  private final Map<String, Map<String, Sensor>> regimes;

  private TurbofanLevels(Map<String, Map<String, Sensor>> regimes) {
    this.regimes = regimes;
  }

  /** Those of the recorded data. */
  static TurbofanLevels recorded() {
    return RECORDED;
  }

  /** The sensors in a regime by channel, in the order of the channels. */
  Map<String, Sensor> sensors(TurbofanRegime regime) {
    return Objects.requireNonNull(regimes.get(SimulatedType.wireName(regime)), regime.name());
  }

  private static TurbofanLevels read() {
    try (InputStream resource = TurbofanLevels.class.getResourceAsStream(RESOURCE)) {
      var lines =
          new BufferedReader(
              new InputStreamReader(
                  Objects.requireNonNull(resource, RESOURCE), StandardCharsets.UTF_8));
      Map<String, Map<String, Sensor>> regimes = new TreeMap<>();
      lines
          .lines()
          .filter(line -> !line.startsWith("#") && !line.startsWith("regime,"))
          .map(line -> line.split(",", -1))
          .forEach(
              cells ->
                  regimes
                      .computeIfAbsent(cells[0], regime -> new LinkedHashMap<>())
                      .put(cells[1], sensor(cells)));
      return new TurbofanLevels(Collections.unmodifiableMap(regimes));
    } catch (IOException e) {
      throw new UncheckedIOException(RESOURCE, e);
    }
  }

  private static Sensor sensor(String[] cells) {
    double[] numbers = Arrays.stream(cells).skip(2).mapToDouble(Double::parseDouble).toArray();
    return new Sensor(
        numbers[0],
        numbers[1],
        numbers[2],
        Arrays.stream(numbers).skip(3).limit(FACTORS).boxed().toList(),
        numbers[6],
        numbers[7],
        (int) numbers[8]);
  }
}
