package twin.training.turbofan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import twin.core.type.MachineType;
import twin.core.type.OperatingMode;
import twin.training.replay.ReplayedTwins;

/**
 * Made-up engines in the format of C-MAPSS. They fly in two regimes in turn and wear from the first
 * cycle on in a straight line: each sensor moves as far as the noise is wide some times over.
 */
final class SyntheticEngines {
  private static final int SENSORS = 21;
  private static final double WEAR_IN_SPREADS = 8;

  private SyntheticEngines() {}

  /** Writes engines that run until they fail. */
  static void writeLives(Path file, int engines, long seed) throws IOException {
    write(file, null, engines, seed);
  }

  /** Writes engines that are stopped before they fail, and how many cycles remained. */
  static void writeStopped(Path data, Path truth, int engines, long seed) throws IOException {
    write(data, truth, engines, seed);
  }

  private static void write(Path data, @Nullable Path truth, int engines, long seed)
      throws IOException {
    Random random = new Random(seed);
    List<OperatingMode> regimes = regimes();
    List<String> lines = new ArrayList<>();
    List<String> remaining = new ArrayList<>();
    for (int engine = 1; engine <= engines; engine++) {
      int life = 70 + random.nextInt(60);
      int seen = truth == null ? life : 25 + random.nextInt(life - 35);
      for (int cycle = 1; cycle <= seen; cycle++) {
        OperatingMode regime = regimes.get(random.nextInt(regimes.size()));
        lines.add(line(engine, cycle, regime, cycle / (double) life, random));
      }
      remaining.add(Integer.toString(life - seen));
    }
    Files.write(data, lines);
    if (truth != null) {
      Files.write(truth, remaining);
    }
  }

  private static List<OperatingMode> regimes() {
    try (ReplayedTwins twins = ReplayedTwins.withoutModels(TurbofanRecording.TYPE)) {
      MachineType type = twins.type();
      return List.of(type.operatingModes().getFirst(), type.operatingModes().getLast());
    }
  }

  private static String line(
      int engine, int cycle, OperatingMode regime, double worn, Random random) {
    StringBuilder line = new StringBuilder();
    line.append(engine).append(' ').append(cycle);
    line.append(' ').append(middle(regime, "setting_1")).append(" 0.5 ");
    line.append(middle(regime, "setting_3"));
    for (int sensor = 1; sensor <= SENSORS; sensor++) {
      double sign = sensor % 2 == 0 ? 1 : -1;
      double off = sign * WEAR_IN_SPREADS * worn + random.nextGaussian();
      line.append(
          regime
              .nominal("s_" + sensor)
              .map(nominal -> nominal.value() + off * nominal.spread())
              .map(value -> String.format(Locale.ROOT, " %.5f", value))
              .orElse(" 100"));
    }
    return line.toString();
  }

  private static double middle(OperatingMode regime, String setting) {
    return regime.ranges().stream()
        .filter(range -> range.channel().equals(setting))
        .mapToDouble(range -> (range.min() + range.max()) / 2)
        .findFirst()
        .orElseThrow();
  }
}
