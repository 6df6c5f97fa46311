package twin.core.store;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** How long the stretches are of which a history is told. */
public enum PeriodResolution {
  /** A minute or more, as the twin summed it up; within an hour. */
  PERIOD("periods", ChronoUnit.HOURS),
  /** Full hours of the day (UTC). */
  HOUR("period_hours", ChronoUnit.HOURS),
  /** Days (UTC). */
  DAY("period_days", ChronoUnit.DAYS);

  private final String table;
  private final ChronoUnit unit;

  PeriodResolution(String table, ChronoUnit unit) {
    this.table = table;
    this.unit = unit;
  }

  String table() {
    return table;
  }

  /** The full hour or the midnight before a moment. No row begins before it that reaches it. */
  Instant startOf(Instant moment) {
    return moment.truncatedTo(unit);
  }

  /** The longest that a row can cover. */
  Duration longest() {
    return unit.getDuration();
  }

  /** The name in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
