package twin.ingest.kafka;

import java.time.Instant;
import java.util.List;
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

  /** Its headers, in their order. */
  public List<Header> headers() {
    return List.of(record.headers().toArray());
  }
}
