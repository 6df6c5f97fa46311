package twin.http.live;

import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.http.machine.StateJson;

/**
 * Something happened to a machine, as streams tell it.
 *
 * @param state the state after it as JSON, made when it is asked for: of most changes nobody does
 */
record LiveChange(String machineId, @Nullable String site, Supplier<byte[]> state) {

  static LiveChange of(TwinChanged changed, InstantSource clock) {
    MachineState state = changed.state();
    return new LiveChange(
        state.machineId(),
        state.description().site(),
        () -> StateJson.bytes(state, clock.instant()));
  }
}
