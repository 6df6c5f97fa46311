package twin.training.lived;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Reading;
import twin.core.type.MachineType;

/**
 * How much a machine has lived through, in the unit of its type's remaining life: the growth of the
 * channel that the type names as its clock, else readings where the unit is cycles, else time. A
 * type without a unit is measured in minutes.
 */
final class LifeClock {
  private double passed;
  private double clock = Double.NaN;
  private @Nullable Instant newest;

  /**
   * Takes the next reading in order.
   *
   * @return whether the clock fell: another life has begun with this reading
   */
  boolean see(MachineType type, Reading reading) {
    Instant before = newest;
    newest = reading.timestamp();
    String channel = type.rulClock();
    if (channel != null) {
      return seeClock(reading.trusted(type.indexOf(channel)));
    }
    double seconds =
        before == null ? 0 : Math.max(0, Duration.between(before, newest).toMillis() / 1e3);
    passed +=
        switch (type.rulUnit()) {
          case "s" -> seconds;
          case "", "min" -> seconds / 60;
          case "h" -> seconds / 3600;
          case "d" -> seconds / 86_400;
          default -> 1;
        };
    return false;
  }

  private boolean seeClock(double value) {
    if (Double.isNaN(value)) {
      return false;
    }
    boolean fell = value < clock;
    passed += Double.isNaN(clock) ? 0 : fell ? value : value - clock;
    clock = value;
    return fell;
  }

  double passed() {
    return passed;
  }
}
