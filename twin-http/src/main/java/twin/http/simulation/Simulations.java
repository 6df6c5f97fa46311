package twin.http.simulation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A simulator that runs in the same process. */
public interface Simulations {

  /**
   * Machines of one type.
   *
   * @param machineType its name
   * @param machineIds the machines that are simulated
   * @param profiles the profiles that each of them can be put on
   */
  record Group(String machineType, List<String> machineIds, List<String> profiles) {
    public Group {
      machineIds = List.copyOf(machineIds);
      profiles = List.copyOf(profiles);
    }
  }

  /** What it simulates, a group a type. */
  List<Group> groups();

  /** The machines that it simulates. */
  default List<String> machineIds() {
    return groups().stream().flatMap(group -> group.machineIds().stream()).toList();
  }

  /** The profiles that a machine can be put on; none where the machine is not simulated. */
  default List<String> profiles(String machineId) {
    return groups().stream()
        .filter(group -> group.machineIds().contains(machineId))
        .flatMap(group -> group.profiles().stream())
        .toList();
  }

  /**
   * Puts a machine on a profile.
   *
   * @param machineId one of {@link #machineIds()}
   * @param profile one of {@link #profiles(String)}
   * @param duration for how long; until it is put on another when it is empty
   */
  void start(String machineId, String profile, Optional<Duration> duration);
}
