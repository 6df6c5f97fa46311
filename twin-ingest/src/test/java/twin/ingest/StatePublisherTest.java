package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.core.trace.Tracing;

class StatePublisherTest {

  @Test
  void encodesAStateOnlyWhenItsTurnHasCome() {
    List<Supplier<byte[]>> waiting = new ArrayList<>();
    List<MachineState> encoded = new ArrayList<>();
    StatePublisher publisher =
        new StatePublisher(
            new StatePublisher.Outlet() {
              @Override
              public void publishState(String machineId, Supplier<byte[]> json) {
                assertThat(machineId).isEqualTo("m");
                waiting.add(json);
              }

              @Override
              public void publishAlert(String machineId, byte[] json) {
                throw new AssertionError("there is no alert");
              }
            },
            state -> {
              encoded.add(state);
              return "{}".getBytes(StandardCharsets.UTF_8);
            },
            Tracing.OFF);
    publisher.accept(new TwinChanged(MachineState.empty("m"), List.of()));
    publisher.accept(new TwinChanged(MachineState.empty("m"), List.of()));
    assertThat(waiting).hasSize(2);
    assertThat(encoded).isEmpty();

    assertThat(waiting.getLast().get()).asString().isEqualTo("{}");
    assertThat(encoded).containsExactly(MachineState.empty("m"));
  }
}
