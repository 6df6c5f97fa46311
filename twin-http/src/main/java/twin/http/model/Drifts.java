package twin.http.model;

import java.util.concurrent.CompletionStage;
import twin.core.drift.DriftReport;
import twin.core.drift.DriftWatch;
import twin.core.drift.MachineDrift;
import twin.core.machine.MachineState;

/** Tells how what bundles are given and answer is spread. */
public interface Drifts {

  /** Of all machines for which a type's champion decides. */
  CompletionStage<DriftReport> ofType(String type);

  /** Of one machine's newest readings. */
  CompletionStage<DriftReport> ofMachine(MachineState machine);

  /** Those that the node watches. */
  static Drifts of(DriftWatch watch, MachineDrift machines) {
    return new Drifts() {
      @Override
      public CompletionStage<DriftReport> ofType(String type) {
        return watch.ofType(type);
      }

      @Override
      public CompletionStage<DriftReport> ofMachine(MachineState machine) {
        return machines.of(machine);
      }
    };
  }
}
