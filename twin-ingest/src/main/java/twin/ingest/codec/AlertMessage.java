package twin.ingest.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import twin.core.machine.MachineEvent.AlertChanged;
import twin.core.reading.Times;

/** A change of an alert as brokers are told of it, over MQTT and in Kafka alike. */
public final class AlertMessage {

  private static final JsonFactory JSON = new JsonFactory();

  private AlertMessage() {}

  /**
   * The change as JSON.
   *
   * @param revision the twin's revision of it: with the alert's id it names the change
   */
  public static byte[] encode(String machineId, AlertChanged alert, long revision) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator generator = JSON.createGenerator(bytes)) {
      generator.writeStartObject();
      generator.writeStringField("alert_id", alert.alertId());
      generator.writeStringField("machine_id", machineId);
      generator.writeStringField("failure_type", alert.failureType());
      generator.writeStringField("severity", alert.severity().label());
      generator.writeStringField("state", alert.to().label());
      generator.writeStringField("timestamp", Times.text(alert.readingAt()));
      generator.writeNumberField("revision", revision);
      writeKnown(generator, "score", alert.score());
      writeKnown(generator, "rul", alert.rulP50());
      generator.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("bytes in memory cannot fail to be written", e);
    }
    return bytes.toByteArray();
  }

  private static void writeKnown(JsonGenerator generator, String name, @Nullable Double value)
      throws IOException {
    if (value != null && Double.isFinite(value)) {
      generator.writeNumberField(name, value);
    }
  }
}
