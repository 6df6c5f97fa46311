package twin.core.store;

import org.jspecify.annotations.Nullable;

/**
 * What to list of the fleet. An absent filter lets everything pass.
 *
 * @param q found anywhere in the id, site, area or line, in upper or lower case
 * @param rulBelow machines whose remaining life is known and below this
 * @param scoreAbove machines whose anomaly score is known and above this
 * @param cursor from the page before, with the same filters and sort
 * @param scope the sites that whoever asks sees; the others are as if they were not there
 */
public record FleetQuery(
    @Nullable String type,
    @Nullable String status,
    @Nullable String site,
    @Nullable String line,
    @Nullable String q,
    @Nullable Double rulBelow,
    @Nullable Double scoreAbove,
    Sort sort,
    int limit,
    @Nullable String cursor,
    SiteScope scope) {

  /** The whole fleet in this order. */
  public static FleetQuery all(Sort sort, int limit) {
    return new FleetQuery(
        null, null, null, null, null, null, null, sort, limit, null, SiteScope.ALL);
  }

  /** The same list from this cursor on. */
  public FleetQuery from(@Nullable String nextCursor) {
    return new FleetQuery(
        type, status, site, line, q, rulBelow, scoreAbove, sort, limit, nextCursor, scope);
  }

  /** The same list for who sees those sites. */
  public FleetQuery within(SiteScope sites) {
    return new FleetQuery(
        type, status, site, line, q, rulBelow, scoreAbove, sort, limit, cursor, sites);
  }

  /** The orders of the list; what is unknown comes last. */
  public enum Sort {
    /** By machine id, byte by byte. */
    ID,
    /** The least remaining life first. */
    RUL,
    /** The highest anomaly score first. */
    SCORE
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
    LINE("line");

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
