package twin.core.reading;

import java.util.Locale;

/** How far a value can be trusted. The order is that of the codes in the journal. */
public enum Quality {
  /** Plausible. */
  GOOD,
  /** The timestamp was ahead of the clock, or the sensor seems to be stuck. */
  UNCERTAIN,
  /** Outside its physical range or no number: kept, but no feature and no model sees it. */
  BAD;

  /** The name in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
