package twin.core.store;

import java.time.Duration;

/** The checks that the settings and queries of this package share. */
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

  /** What a caller asks for, against the bound. */
  static void limit(int limit, int limitMax) {
    if (limit < 1 || limit > limitMax) {
      throw new IllegalArgumentException("limit must be from 1 to " + limitMax);
    }
  }
}
