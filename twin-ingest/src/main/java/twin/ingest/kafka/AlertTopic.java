package twin.ingest.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.typesafe.config.Config;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.pekko.Done;
import org.apache.pekko.projection.javadsl.Handler;
import twin.core.machine.EventCodec;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineTwin;
import twin.core.store.CoarseEvent;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;
import twin.ingest.codec.AlertMessage;

/**
 * The topic that every change of an alert goes to, from the journal: the journal is the outbox, and
 * the place in it moves on only when Kafka has acknowledged the record. So each change is there at
 * least once, and those of a machine, which is the key, in their order. The alert's id and the
 * revision tell a repetition. Thread-safe.
 */
public final class AlertTopic implements AutoCloseable {

  /** Names its offsets, for ever. */
  public static final String NAME = "kafka-alerts";

  private final String topic;
  private final RecordWriter writer;
  private final Tracing tracing;

  AlertTopic(KafkaSettings.Source settings, String topic, Executor blocking, Tracing tracing) {
    this.topic = topic;
    this.writer = new RecordWriter(settings, blocking, () -> {});
    this.tracing = tracing;
  }

  /**
   * The topic of {@code twin.ingest.kafka.alert-topic} on the Kafka of the first source; none where
   * that is empty or Kafka is off.
   *
   * @param blocking runs what may have to wait for the broker
   */
  public static Optional<AlertTopic> from(Config root, Executor blocking, Tracing tracing) {
    String topic = root.getString("twin.ingest.kafka.alert-topic");
    return topic.isBlank()
        ? Optional.empty()
        : KafkaSettings.from(root).sources().stream()
            .findFirst()
            .map(source -> new AlertTopic(source, topic, blocking, tracing));
  }

  /** What a projection does with each event, one after the other. */
  public Handler<CoarseEvent> handler() {
    return new Handler<>() {
      @Override
      public CompletionStage<Done> process(CoarseEvent event) {
        return publish(event);
      }
    };
  }

  CompletionStage<Done> publish(CoarseEvent event) {
    // Most events say nothing of alerts, and need not be read to know it.
    if (!event.manifest().equals(MachineEvent.ALERT)) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    JournalEntry entry = EventCodec.decode(event.manifest(), event.payload());
    if (!(entry.event() instanceof MachineEvent.AlertChanged alert)) {
      throw new IllegalStateException(
          "an event '" + event.manifest() + "' is no change of an alert");
    }
    String machineId = MachineTwin.machineId(event.persistenceId());
    Trace trace = tracing.continued(Trace.Step.ALERT, entry.stamp().cause().trace());
    trace.about("machine_id", machineId).about("alert_id", alert.alertId());
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topic,
            machineId.getBytes(UTF_8),
            AlertMessage.encode(machineId, alert, event.sequenceNumber()));
    String parent = trace.parent();
    if (parent != null) {
      record.headers().add(Tracing.HEADER, parent.getBytes(UTF_8));
    }
    return writer
        .write(record)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                trace.end();
              } else {
                trace.failed(failure);
              }
            });
  }

  @Override
  public void close() {
    writer.close();
  }
}
