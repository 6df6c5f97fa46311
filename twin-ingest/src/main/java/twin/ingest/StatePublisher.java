package twin.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent.AlertChanged;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;

/**
 * Tells the broker what happens to the machines on this node: each changed state, of which the
 * outlet lets through what its bounds allow, and every change of an alert. A state is encoded only
 * when its turn has come. Thread-safe.
 */
final class StatePublisher implements Consumer<TwinChanged> {

  /** Where states and alerts go; must neither block nor throw. */
  interface Outlet {
    void publishState(String machineId, Supplier<byte[]> json);

    void publishAlert(String machineId, byte[] json);
  }

  private final Outlet outlet;
  private final Tracing tracing;
  private final Function<MachineState, byte[]> stateJson;
  private final JsonFactory json = new JsonFactory();

  StatePublisher(Outlet outlet, Function<MachineState, byte[]> stateJson, Tracing tracing) {
    this.tracing = tracing;
    this.outlet = outlet;
    this.stateJson = stateJson;
  }

  @Override
  public void accept(TwinChanged changed) {
    MachineState state = changed.state();
    outlet.publishState(state.machineId(), () -> stateJson.apply(state));
    List<JournalEntry> entries = changed.entries();
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).event() instanceof AlertChanged alert) {
        // The state's revision is that of the last entry.
        long revision = state.revision() - (entries.size() - 1 - i);
        Trace trace = tracing.continued(Trace.Step.ALERT, entries.get(i).stamp().cause().trace());
        outlet.publishAlert(state.machineId(), encode(state.machineId(), alert, revision));
        trace.about("machine_id", state.machineId()).about("alert_id", alert.alertId()).end();
      }
    }
  }

  /** The same form as in the topic {@code anomaly-alerts} of Kafka. */
  private byte[] encode(String machineId, AlertChanged alert, long revision) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator generator = json.createGenerator(bytes)) {
      generator.writeStartObject();
      generator.writeStringField("alert_id", alert.alertId());
      generator.writeStringField("machine_id", machineId);
      generator.writeStringField("failure_type", alert.failureType());
      generator.writeStringField("severity", alert.severity().label());
      generator.writeStringField("state", alert.to().label());
      generator.writeStringField("timestamp", DeadLetters.time(alert.readingAt()));
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
    if (value != null) {
      generator.writeNumberField(name, value);
    }
  }
}
