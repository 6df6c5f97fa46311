package twin.core.machine;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;

/**
 * What the twins of a node are timed by, together: no meter is of one machine. Safe for use by many
 * threads.
 *
 * @param decide from a command with readings to its events: features, model and alert policy
 * @param persist from having decided to the events being durable
 * @param recovery from a twin's start, or its restart, to its knowing its history
 */
public record TwinMeters(Timer decide, Timer persist, Timer recovery) {

  /** Meters that are registered there. */
  public static TwinMeters in(MeterRegistry registry) {
    return new TwinMeters(
        timer(registry, "twin.machine.decide", "From readings to events: features, model, alerts"),
        timer(registry, "twin.machine.persist", "From having decided to the events being durable"),
        timer(registry, "twin.machine.recovery", "From a twin's start to its knowing its history"));
  }

  /** Meters that nobody reads. */
  public static TwinMeters none() {
    return in(new CompositeMeterRegistry());
  }

  private static Timer timer(MeterRegistry registry, String name, String description) {
    return Timer.builder(name).description(description).register(registry);
  }
}
