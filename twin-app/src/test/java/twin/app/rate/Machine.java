package twin.app.rate;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import twin.core.reading.SubmittedReading;

/**
 * A milling machine in good order that sends as fast as it is asked to. Its values stay where no
 * failure is near, so that next to nothing but readings gets into the journal. Not thread-safe:
 * whoever sends holds its lock, so that readings go out in order.
 */
final class Machine {

  private static final double TOOL_LIFE_MIN = 150;

  private final String id;
  private final Random random;
  private long seq;
  private long lastMillis;
  private double toolWearMin;

  Machine(String id, long seed) {
    this.id = id;
    this.random = new Random(seed);
  }

  String id() {
    return id;
  }

  /** The next readings, each later than the one before. */
  List<SubmittedReading> next(int count) {
    List<SubmittedReading> readings = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      advance();
      double airTempK = airTempK();
      readings.add(
          new SubmittedReading(
              id,
              "milling",
              Instant.ofEpochMilli(lastMillis),
              seq,
              null,
              Map.of(
                  "air_temp_k",
                  airTempK,
                  "process_temp_k",
                  airTempK + 10,
                  "rpm",
                  rpm(),
                  "torque_nm",
                  torqueNm(),
                  "tool_wear_min",
                  toolWearMin),
              Map.of("variant", "M")));
    }
    return readings;
  }

  /** The next reading as a device sends it. */
  String nextJson() {
    advance();
    double airTempK = airTempK();
    return "{\"machine_id\":\""
        + id
        + "\",\"machine_type\":\"milling\",\"timestamp\":\""
        + Instant.ofEpochMilli(lastMillis)
        + "\",\"seq\":"
        + seq
        + ",\"variant\":\"M\",\"air_temp_k\":"
        + airTempK
        + ",\"process_temp_k\":"
        + (airTempK + 10)
        + ",\"rpm\":"
        + rpm()
        + ",\"torque_nm\":"
        + torqueNm()
        + ",\"tool_wear_min\":"
        + toolWearMin
        + "}";
  }

  private void advance() {
    seq++;
    lastMillis = Math.max(System.currentTimeMillis(), lastMillis + 1);
    toolWearMin = toolWearMin >= TOOL_LIFE_MIN ? 0 : toolWearMin + 0.125;
  }

  // In steps of what a device would send, a tenth of a unit or a whole one.

  private double airTempK() {
    return (2990 + random.nextInt(20)) / 10.0;
  }

  private double rpm() {
    return 1450 + random.nextInt(100);
  }

  private double torqueNm() {
    return (350 + random.nextInt(100)) / 10.0;
  }
}
