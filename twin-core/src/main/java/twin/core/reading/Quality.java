package twin.core.reading;

import java.util.Locale;

/** How far a value can be trusted. */
public enum Quality {
  /** Plausible. */
  GOOD(0),
  /** The timestamp was ahead of the clock, or the sensor seems to be stuck. */
  UNCERTAIN(1),
  /** Outside its physical range or no number: kept, but no feature and no model sees it. */
  BAD(2);

  private final int code;

  Quality(int code) {
    this.code = code;
  }

  /** The number in the journal; fixed for ever. */
  public int code() {
    return code;
  }

  /**
   * The quality with a number.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static Quality ofCode(int code) {
    return switch (code) {
      case 0 -> GOOD;
      case 1 -> UNCERTAIN;
      case 2 -> BAD;
      default -> throw new IllegalArgumentException("no quality has the code " + code);
    };
  }

  /** The name in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
