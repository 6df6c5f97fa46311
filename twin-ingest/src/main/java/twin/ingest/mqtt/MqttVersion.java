package twin.ingest.mqtt;

/** Which version of the protocol the subscriber speaks. */
public enum MqttVersion {
  /** MQTT 5, and 3.1.1 where the broker has no 5. */
  AUTO,
  /** MQTT 5 only. */
  V5,
  /** MQTT 3.1.1 only. */
  V3;

  static MqttVersion of(String text) {
    return switch (text) {
      case "auto" -> AUTO;
      case "5" -> V5;
      case "3.1.1" -> V3;
      default ->
          throw new IllegalArgumentException(
              "twin.ingest.mqtt.subscribe.version is '" + text + "': use auto, 5 or 3.1.1");
    };
  }
}
