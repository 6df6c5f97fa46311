package twin.http.simulation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A simulator that runs in the same process. */
public interface Simulations {

  /** The machines that it simulates. */
  List<String> machineIds();

  /** The profiles that a machine can be put on. */
  List<String> profiles();

  /**
   * Puts a machine on a profile.
   *
   * @param machineId one of {@link #machineIds()}
   * @param profile one of {@link #profiles()}
   * @param duration for how long; until it is put on another when it is empty
   */
  void start(String machineId, String profile, Optional<Duration> duration);
}
