package twin.simulator;

import java.time.Duration;

/** Checks that the settings share. Each failure names the setting and what it may be. */
final class Settings {
  private Settings() {}

  static void requireBetween(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s must be from %d to %d, not %d.".formatted(name, min, max, value));
    }
  }

  static void requirePositive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException("%s must be above zero, not %s.".formatted(name, value));
    }
  }

  static void requireNotNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException("%s must not be below 0, not %s.".formatted(name, value));
    }
  }

  static void requirePart(String name, double value) {
    // Written so that NaN fails as well.
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("%s must be from 0 to 1, not %s.".formatted(name, value));
    }
  }
}
