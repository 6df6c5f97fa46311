package twin.app.cli;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import twin.http.simulation.Simulations;
import twin.simulator.Fleet;
import twin.simulator.FleetSettings;
import twin.simulator.ReadingTarget;
import twin.simulator.SimulatedType;

/** The simulated machines of a demo, once they have been started, as the API steers them. */
final class SimulatedFleets implements Simulations, AutoCloseable {

  private record Started(String machineType, Fleet fleet) {}

  private final List<Started> fleets = new CopyOnWriteArrayList<>();

  void start(FleetSettings settings, ReadingTarget target, Consumer<String> overhauls) {
    fleets.add(
        new Started(
            settings.machineType(), Fleet.start(settings, target, Clock.systemUTC(), overhauls)));
  }

  @Override
  public List<Group> groups() {
    return fleets.stream()
        .map(
            each ->
                new Group(
                    each.machineType(),
                    each.fleet().machineIds(),
                    SimulatedType.of(each.machineType()).profileNames()))
        .toList();
  }

  @Override
  public void start(String machineId, String profile, Optional<Duration> duration) {
    Fleet fleet =
        fleets.stream()
            .map(Started::fleet)
            .filter(each -> each.machineIds().contains(machineId))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(machineId + " has not been started yet"));
    if (duration.isPresent()) {
      fleet.setProfile(machineId, profile, duration.get());
    } else {
      fleet.setProfile(machineId, profile);
    }
  }

  @Override
  public void close() {
    fleets.forEach(each -> each.fleet().close());
  }
}
