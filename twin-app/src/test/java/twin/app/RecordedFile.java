package twin.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A file in the form of the AI4I 2020 data, made up: its documented distributions without their
 * dependence on time, for tests that count rows rather than judge what they say.
 *
 * @param path where it is
 * @param stretches the machines that a replay makes of it
 */
record RecordedFile(Path path, List<Stretch> stretches) {

  private static final String HEADER =
      "UDI,Product ID,Type,Air temperature [K],Process temperature [K],Rotational speed [rpm],"
          + "Torque [Nm],Tool wear [min],Machine failure,TWF,HDF,PWF,OSF,RNF";

  /** Rows that are left out between two stretches, which makes them two machines. */
  private static final int GAP = 100;

  private static final int TOOL_LIFE_MIN = 200;

  /** Consecutive rows, which a replay takes for one machine. */
  record Stretch(String machineId, long firstUdi, long lastUdi) {}

  RecordedFile {
    stretches = List.copyOf(stretches);
  }

  /** Writes such a file; the same seed gives the same file. */
  static RecordedFile write(Path path, int machines, int rowsEach, long seed) throws IOException {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>(List.of(HEADER));
    List<Stretch> stretches = new ArrayList<>();
    long udi = 1;
    for (int machine = 0; machine < machines; machine++) {
      long first = udi;
      for (int row = 0; row < rowsEach; row++) {
        lines.add(line(udi, 2 * row % TOOL_LIFE_MIN, random));
        udi++;
      }
      String id = String.format(Locale.ROOT, "ai4i-%04d", first);
      stretches.add(new Stretch(id, first, udi - 1));
      udi += GAP;
    }
    Files.write(path, lines);
    return new RecordedFile(path, stretches);
  }

  /** Rows of the whole file. */
  long rows() {
    return stretches.stream().mapToLong(each -> each.lastUdi() - each.firstUdi() + 1).sum();
  }

  private static String line(long udi, int toolWearMin, Random random) {
    double airK = 300 + 2 * random.nextGaussian();
    double processK = airK + 10 + random.nextGaussian();
    double torqueNm = Math.max(4, 40 + 10 * random.nextGaussian());
    long rpm = Math.round(2200 - 17.5 * torqueNm + 50 * random.nextGaussian());
    return String.format(
        Locale.ROOT,
        "%d,L%d,L,%.1f,%.1f,%d,%.1f,%d,0,0,0,0,0,0",
        udi,
        47180 + udi,
        airK,
        processK,
        rpm,
        torqueNm,
        toolWearMin);
  }
}
