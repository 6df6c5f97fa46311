package twin.core.fleet;

import java.time.Duration;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.DecisionContext.Admission;
import twin.core.machine.TwinSettings;
import twin.core.store.FleetFilter;
import twin.core.store.FleetQuery;
import twin.core.store.FleetTable;

/**
 * Whether there is room for machines that nobody has heard of yet, from the size of the fleet as
 * the read side last knew it. The bound is kept to within what is created between two looks. Safe
 * for use by many threads.
 */
public final class FleetSize implements Supplier<Admission> {

  private static final Logger log = LoggerFactory.getLogger(FleetSize.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(5);

  private final FleetTable fleet;
  private final TwinSettings settings;
  private volatile long machines;

  private FleetSize(FleetTable fleet, TwinSettings settings) {
    this.fleet = fleet;
    this.settings = settings;
  }

  /** Looks now and then until the system stops. */
  public static FleetSize watch(FleetTable fleet, TwinSettings settings, ActorSystem<?> system) {
    FleetSize size = new FleetSize(fleet, settings);
    system
        .scheduler()
        .scheduleWithFixedDelay(Duration.ZERO, LOOK_EVERY, size::look, system.executionContext());
    return size;
  }

  private void look() {
    fleet
        .counts(FleetQuery.Column.TYPE, FleetFilter.NONE)
        .whenComplete(
            (counts, failure) -> {
              if (failure == null) {
                machines = counts.stream().mapToLong(FleetQuery.Count::machines).sum();
              } else {
                log.debug("the size of the fleet is not known", failure);
              }
            });
  }

  @Override
  public Admission get() {
    if (!settings.autoRegister()) {
      return Admission.REGISTERED_ONLY;
    }
    return machines < settings.maxMachines() ? Admission.OPEN : Admission.FULL;
  }
}
