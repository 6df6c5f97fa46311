package twin.ingest.mapping;

/** Where something is that a reading needs. */
sealed interface Place {

  /** In the JSON. */
  sealed interface InJson extends Place {
    Pointer pointer();
  }

  /** In the JSON of the reading: of the sample, where a message has several. */
  record InReading(Pointer pointer) implements InJson {}

  /** In the JSON of the message around the samples. */
  record InMessage(Pointer pointer) implements InJson {}

  /** Beside the JSON, as a text. */
  sealed interface Beside extends Place {}

  /**
   * A level of the topic.
   *
   * @param index counted from 0
   * @param shown as the mapping names it
   */
  record TopicLevel(int index, String shown) implements Beside {}

  /** A header of a Kafka record, or a user property of MQTT 5. */
  record Header(String name) implements Beside {}

  /** The key of a Kafka record. */
  record Key() implements Beside {}

  /** The same for every message. */
  record Constant(String value) implements Beside {}

  /** A time that nobody has to write into the message. */
  sealed interface OwnTime extends Place {}

  /** When this program was given the message. */
  record ReceiveTime() implements OwnTime {}

  /** The time that Kafka keeps with the record. */
  record RecordTime() implements OwnTime {}
}
