package twin.core.store;

import org.jspecify.annotations.Nullable;

/**
 * What to list of the fleet.
 *
 * @param filter which machines
 * @param cursor from the page before, with the same filter and sort
 */
public record FleetQuery(FleetFilter filter, Sort sort, int limit, @Nullable String cursor) {

  /** The whole fleet in this order. */
  public static FleetQuery all(Sort sort, int limit) {
    return new FleetQuery(FleetFilter.NONE, sort, limit, null);
  }

  /** The same list from this cursor on. */
  public FleetQuery from(@Nullable String nextCursor) {
    return new FleetQuery(filter, sort, limit, nextCursor);
  }

  /** The orders of the list; what is unknown comes last. */
  public enum Sort {
    /** By machine id, byte by byte. */
    ID,
    /** The least remaining life first. */
    RUL,
    /** The highest anomaly score first. */
    SCORE,
    /** The least health first. */
    HEALTH,
    /** What needs somebody first: alarm, watch, stale, unknown, normal. */
    STATUS
  }

  /** What machines can be counted by. */
  public enum Column {
    /** Machine type. */
    TYPE("machine_type"),
    /** Status. */
    STATUS("status"),
    /** Site. */
    SITE("site"),
    /** Area. */
    AREA("area"),
    /** Line. */
    LINE("line"),
    /** The highest severity of an open alert. */
    SEVERITY("highest_severity");

    private final String sqlName;

    Column(String sqlName) {
      this.sqlName = sqlName;
    }

    String sqlName() {
      return sqlName;
    }
  }

  /** How many machines have the value; null for those that have none. */
  public record Count(@Nullable String value, long machines) {}
}
