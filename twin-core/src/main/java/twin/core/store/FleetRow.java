package twin.core.store;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A machine as the fleet's lists show it.
 *
 * @param revision the twin's revision that this row shows
 * @param watermark the newest reading time
 * @param lastRecordedAt when the twin recorded the event that made this row
 */
public record FleetRow(
    String machineId,
    String machineType,
    Place place,
    Condition condition,
    OpenAlerts alerts,
    long revision,
    @Nullable Instant watermark,
    @Nullable Instant lastRecordedAt,
    boolean retired) {

  /** Where it stands, and whatever else its owner says of it. */
  public record Place(
      @Nullable String site,
      @Nullable String area,
      @Nullable String line,
      Map<String, String> attributes) {
    /** Nothing is known. */
    public static final Place UNKNOWN = new Place(null, null, null, Map.of());

    /** Copies the attributes. */
    public Place {
      attributes = Map.copyOf(attributes);
    }
  }

  /**
   * How it is.
   *
   * @param status normal, watch, alarm, stale or unknown
   * @param rulUnit what {@code rulP50} counts
   */
  public record Condition(
      String status,
      @Nullable Double health,
      @Nullable Double anomalyScore,
      @Nullable Double rulP50,
      @Nullable String rulUnit,
      @Nullable String failureMode,
      @Nullable String model) {
    /** Nothing is known. */
    public static final Condition UNKNOWN =
        new Condition("unknown", null, null, null, null, null, null);

    /** Refuses what has no place in an order. */
    public Condition {
      number("health", health);
      number("anomalyScore", anomalyScore);
      number("rulP50", rulP50);
    }

    private static void number(String name, @Nullable Double value) {
      if (value != null && !Double.isFinite(value)) {
        throw new IllegalArgumentException(name + " must be a finite number but is " + value);
      }
    }
  }

  /** How many alerts are open, and the severity of the worst. */
  public record OpenAlerts(int count, @Nullable String highestSeverity) {
    /** None is open. */
    public static final OpenAlerts NONE = new OpenAlerts(0, null);
  }
}
