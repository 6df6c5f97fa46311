package twin.training.milling;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Makes a small file in the format of the recorded data, which the project does not contain. */
public final class SyntheticRecordings {
  static final String HEADER =
      "UDI,Product ID,Type,Air temperature [K],Process temperature [K],Rotational speed [rpm],"
          + "Torque [Nm],Tool wear [min],Machine failure,TWF,HDF,PWF,OSF,RNF";

  private SyntheticRecordings() {}

  /** Writes machines of the given number of rows, with a gap between them. */
  public static void write(Path file, int machines, int rowsEach, long seed) throws IOException {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>(List.of(HEADER));
    double wear = 0;
    for (int machine = 0; machine < machines; machine++) {
      for (int row = 0; row < rowsEach; row++) {
        int udi = machine * (rowsEach + 100) + row + 1;
        double torque = 40 + 12 * random.nextGaussian();
        double rpm = 1500 + 100 * random.nextGaussian();
        double difference = 10 + random.nextGaussian();
        boolean overstrain = wear * torque > 9000;
        boolean heat = difference < 8.6;
        boolean power = torque * rpm > 90000;
        boolean worn = wear > 215 && random.nextInt(3) == 0;
        lines.add(
            String.format(
                Locale.ROOT,
                "%d,M%d,%s,300.0,%.1f,%d,%.1f,%d,%d,%d,%d,%d,%d,0",
                udi,
                udi,
                "LMH".charAt(random.nextInt(3)),
                300 + difference,
                Math.round(rpm),
                torque,
                Math.round(wear),
                overstrain || heat || power || worn ? 1 : 0,
                worn ? 1 : 0,
                heat ? 1 : 0,
                power ? 1 : 0,
                overstrain ? 1 : 0));
        wear = worn || wear > 240 ? 0 : wear + 3;
      }
    }
    Files.write(file, lines);
  }
}
