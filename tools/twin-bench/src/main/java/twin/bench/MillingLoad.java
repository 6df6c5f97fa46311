package twin.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Readings of healthy milling machines as their devices send them. What they measure is made up
 * beforehand, since whoever sends shares the processors with what is measured.
 */
final class MillingLoad {

  private static final int VARIATIONS = 4096;
  private static final long SEED = 1;
  private static final int READINGS_A_MINUTE = 60;
  private static final int TOOL_CHANGED_MIN = 100;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final List<String> measured = new ArrayList<>(VARIATIONS);
  private final long[] seqs;

  MillingLoad(int machines) {
    seqs = new long[machines];
    Random random = new Random(SEED);
    for (int i = 0; i < VARIATIONS; i++) {
      double air = 300 + random.nextGaussian();
      double torque = 38 + 5 * random.nextGaussian();
      measured.add(
          String.format(
              Locale.ROOT,
              "\"variant\":\"M\",\"air_temp_k\":%.1f,\"process_temp_k\":%.1f,\"rpm\":%d,"
                  + "\"torque_nm\":%.1f,\"tool_wear_min\":",
              air,
              air + 10.2 + 0.2 * random.nextGaussian(),
              Math.round(1500 - 8 * (torque - 40) + 30 * random.nextGaussian()),
              torque));
    }
  }

  int machines() {
    return seqs.length;
  }

  /** The id of a machine by its number. */
  static String id(int machine) {
    return "mill-" + machine;
  }

  /**
   * The next readings of a machine: an object, or an array of several.
   *
   * @param first time of the first; each further one is a millisecond later
   */
  byte[] next(int machine, int readings, Instant first) {
    if (readings == 1) {
      return reading(machine, first).getBytes(US_ASCII);
    }
    StringBuilder batch = new StringBuilder("[");
    for (int i = 0; i < readings; i++) {
      batch.append(i == 0 ? "" : ",").append(reading(machine, first.plusMillis(i)));
    }
    return batch.append(']').toString().getBytes(US_ASCII);
  }

  private String reading(int machine, Instant at) {
    long seq = ++seqs[machine];
    int variation = (int) ((seq * 31 + machine) & (VARIATIONS - 1));
    return "{\"machine_id\":\"mill-"
        + machine
        + "\",\"machine_type\":\"milling\",\"timestamp\":\""
        + TIME.format(at)
        + "\",\"seq\":"
        + seq
        + ","
        + measured.get(variation)
        + (machine + seq / READINGS_A_MINUTE) % TOOL_CHANGED_MIN
        + "}";
  }
}
