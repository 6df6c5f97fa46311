package twin.ingest.mqtt;

/** The topics that are published to; part of what users of the program hold on to. */
final class Topics {

  static final String DEAD_LETTERS = "twin/v1/dead-letters";

  private static final String MACHINES = "twin/v1/machines/";

  private Topics() {}

  static String state(String machineId) {
    return MACHINES + machineId + "/state";
  }

  static String alerts(String machineId) {
    return MACHINES + machineId + "/alerts";
  }

  /** Refuses an id that would change the topic. */
  static void requireOneLevel(String machineId) {
    if (machineId.isEmpty() || machineId.chars().anyMatch(c -> "/+#\0".indexOf(c) >= 0)) {
      throw new IllegalArgumentException("No machine id for an MQTT topic: '" + machineId + "'");
    }
  }
}
