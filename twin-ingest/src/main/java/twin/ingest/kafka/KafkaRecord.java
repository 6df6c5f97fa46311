package twin.ingest.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.pekko.kafka.ConsumerMessage.CommittableOffset;
import org.jspecify.annotations.Nullable;

/**
 * A record as it was taken from a partition. Nothing of it is copied; nobody changes its bytes.
 *
 * @param receivedAt when it was taken
 */
public record KafkaRecord(
    KafkaPartition partition,
    ConsumerRecord<byte[], byte[]> record,
    CommittableOffset committable,
    Instant receivedAt) {

  private static final byte[] NOTHING = {};

  /** Where it is in its partition. */
  public long offset() {
    return record.offset();
  }

  /** Its key, where it has one. */
  public byte @Nullable [] key() {
    return record.key();
  }

  /** Its value; empty where it has none. */
  public byte[] value() {
    byte @Nullable [] value = record.value();
    return value == null ? NOTHING : value;
  }

  /** Its own time, which Kafka keeps; null where it has none. */
  public @Nullable Instant storedAt() {
    return record.timestamp() == ConsumerRecord.NO_TIMESTAMP
        ? null
        : Instant.ofEpochMilli(record.timestamp());
  }

  /** Its headers as text; of several with one name the last. */
  public Map<String, String> headerTexts() {
    Map<String, String> texts = new HashMap<>();
    for (Header header : record.headers()) {
      byte @Nullable [] value = header.value();
      texts.put(header.key(), value == null ? "" : new String(value, StandardCharsets.UTF_8));
    }
    return texts;
  }

  /** One of its headers as text, of several with that name the last; null where there is none. */
  public @Nullable String headerText(String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** Its headers, in their order. */
  public List<Header> headers() {
    return List.of(record.headers().toArray());
  }
}
