package twin.core.store;

import org.jspecify.annotations.Nullable;

/**
 * Which machines are meant; retired ones never are. What is null lets everything pass.
 *
 * @param q found anywhere in the id, site, area or line, in upper or lower case
 * @param rulBelow machines whose remaining life is known and below this
 * @param scoreAbove machines whose anomaly score is known and above this
 * @param openAlerts true for machines that have an open alert, false for those that have none
 * @param scope the sites that whoever asks sees; the others are as if they were not there
 */
public record FleetFilter(
    @Nullable String type,
    @Nullable String status,
    @Nullable String site,
    @Nullable String area,
    @Nullable String line,
    @Nullable String q,
    @Nullable Double rulBelow,
    @Nullable Double scoreAbove,
    @Nullable Boolean openAlerts,
    SiteScope scope) {

  /** Every machine. */
  public static final FleetFilter NONE = of(SiteScope.ALL);

  /** Every machine of those sites. */
  public static FleetFilter of(SiteScope scope) {
    return new FleetFilter(null, null, null, null, null, null, null, null, null, scope);
  }

  /** Adds the condition to a query of machines. */
  Sql addTo(Sql sql) {
    sql.add("where not retired")
        .addScope("site", scope)
        .addIfPresent("and machine_type = ?", type)
        .addIfPresent("and status = ?", status)
        .addIfPresent("and site = ?", site)
        .addIfPresent("and area = ?", area)
        .addIfPresent("and line = ?", line)
        .addIfPresent("and rul_p50 < ?", rulBelow)
        .addIfPresent("and anomaly_score > ?", scoreAbove)
        .addIfPresent("and (open_alerts > 0) = ?", openAlerts);
    if (q != null) {
      sql.add("and words collate \"C\" like lower(?)", "%" + literally(q) + "%");
    }
    return sql;
  }

  /** So that what somebody types is looked for as typed, not as a pattern. */
  private static String literally(String text) {
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_");
  }
}
