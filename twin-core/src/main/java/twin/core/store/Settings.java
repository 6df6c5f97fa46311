package twin.core.store;

import java.time.Duration;

/** The checks that the settings of this package share. */
final class Settings {
  private Settings() {}

  static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be above 0 but is " + value);
    }
  }

  static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " must be above 0 but is " + value);
    }
  }
}
