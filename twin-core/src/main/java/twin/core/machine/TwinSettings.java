package twin.core.machine;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How twins are kept, from {@code twin.machines}.
 *
 * @param snapshotEveryEvents after how many events a snapshot is taken
 * @param restartBackoffMin first pause after the journal failed
 * @param restartBackoffMax longest pause after the journal failed
 * @param autoRegister whether machines are created by being heard of
 * @param maxMachines how many machines there may be
 */
public record TwinSettings(
    int snapshotEveryEvents,
    Duration restartBackoffMin,
    Duration restartBackoffMax,
    boolean autoRegister,
    int maxMachines) {

  public TwinSettings {
    if (snapshotEveryEvents < 1) {
      throw new IllegalArgumentException("twin.machines.snapshot-every-events must be at least 1");
    }
    if (maxMachines < 1) {
      throw new IllegalArgumentException("twin.machines.max-machines must be at least 1");
    }
  }

  /** From the block {@code twin.machines}. */
  public static TwinSettings of(Config machines) {
    return new TwinSettings(
        machines.getInt("snapshot-every-events"),
        machines.getDuration("restart-backoff-min"),
        machines.getDuration("restart-backoff-max"),
        machines.getBoolean("auto-register"),
        machines.getInt("max-machines"));
  }
}
