package twin.ingest.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.pekko.Done;

/** Where records go that cannot be recorded, with their key, their bytes and why. Thread-safe. */
final class DeadLetterTopic implements AutoCloseable {

  private final KafkaSettings.Source settings;
  private final RecordWriter writer;

  /**
   * A topic of dead letters.
   *
   * @param blocking runs what may have to wait for the broker
   */
  DeadLetterTopic(KafkaSettings.Source settings, Executor blocking) {
    this.settings = settings;
    this.writer = new RecordWriter(settings, blocking, () -> {});
  }

  /** Writes a record there; completes when all of Kafka's copies that are in sync have it. */
  CompletionStage<Done> send(KafkaRecord record, String reason) {
    return writer
        .write(dead(record, reason, false))
        .exceptionallyCompose(
            failure ->
                // With its headers it is longer than the broker takes. It still is where it was.
                causeOf(failure) instanceof RecordTooLargeException
                    ? writer.write(dead(record, reason, true))
                    : CompletableFuture.failedStage(failure));
  }

  private ProducerRecord<byte[], byte[]> dead(
      KafkaRecord record, String reason, boolean withoutValue) {
    List<Header> headers =
        new ArrayList<>(
            List.of(
                header("reason", reason),
                header("topic", record.partition().topic()),
                header("partition", Integer.toString(record.partition().partition())),
                header("offset", Long.toString(record.offset()))));
    if (withoutValue) {
      headers.add(header("left-out", record.value().length + " bytes"));
    }
    return new ProducerRecord<>(
        settings.deadLetterTopic(record.partition().topic()),
        null,
        record.key(),
        withoutValue ? null : record.record().value(),
        headers);
  }

  private static Header header(String name, String value) {
    return new RecordHeader(name, value.getBytes(UTF_8));
  }

  private static Throwable causeOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  @Override
  public void close() {
    writer.close();
  }
}
