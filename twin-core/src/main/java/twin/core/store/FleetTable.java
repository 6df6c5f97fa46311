package twin.core.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The table of all machines as lists and searches see it. Thread-safe. */
public final class FleetTable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, String>> ATTRIBUTES = new TypeReference<>() {};

  // The same expressions as in the indexes, so that these serve the order.
  private static final String RUL = "coalesce(rul_p50, 'Infinity'::double precision)";
  private static final String SCORE = "coalesce(anomaly_score, '-Infinity'::double precision)";

  private static final String HEALTH = "coalesce(health, 'Infinity'::double precision)";
  private static final String STATUS = "machine_status_rank(status)";

  private static final String SELECT =
      """
      select machine_id, machine_type, site, area, line, attributes::text as attributes, status,
        health, anomaly_score, rul_p50, rul_unit, open_alerts, highest_severity, revision,
        watermark, last_recorded_at, failure_mode, model, retired
      from machines
      """;

  private final Database database;

  /** Looks at nothing yet. */
  public FleetTable(Database database) {
    this.database = database;
  }

  /**
   * Puts the row in the place of one with a lower revision.
   *
   * @return false when the table already shows this revision or a later one
   */
  public boolean upsert(Transaction transaction, FleetRow row) {
    FleetRow.Place place = row.place();
    FleetRow.Condition condition = row.condition();
    Sql upsert =
        Sql.of(
            """
            insert into machines (machine_id, machine_type, site, area, line, attributes, status,
              health, anomaly_score, rul_p50, rul_unit, open_alerts, highest_severity, revision,
              watermark, last_recorded_at, failure_mode, model, retired)
            values (?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (machine_id) do update set
              machine_type = excluded.machine_type, site = excluded.site, area = excluded.area,
              line = excluded.line, attributes = excluded.attributes, status = excluded.status,
              health = excluded.health, anomaly_score = excluded.anomaly_score,
              rul_p50 = excluded.rul_p50, rul_unit = excluded.rul_unit,
              open_alerts = excluded.open_alerts, highest_severity = excluded.highest_severity,
              revision = excluded.revision, watermark = excluded.watermark,
              last_recorded_at = excluded.last_recorded_at, failure_mode = excluded.failure_mode,
              model = excluded.model, retired = excluded.retired
            where machines.revision < excluded.revision
            """,
            row.machineId(),
            row.machineType(),
            place.site(),
            place.area(),
            place.line(),
            json(place.attributes()),
            condition.status(),
            condition.health(),
            condition.anomalyScore(),
            condition.rulP50(),
            condition.rulUnit(),
            row.alerts().count(),
            row.alerts().highestSeverity(),
            row.revision(),
            row.watermark(),
            row.lastRecordedAt(),
            condition.failureMode(),
            condition.model(),
            row.retired());
    return transaction.run(upsert::update) > 0;
  }

  /**
   * The row as this transaction sees it, retired or not, for a handler that changes parts of it.
   */
  public Optional<FleetRow> find(Transaction transaction, String machineId) {
    return transaction.run(connection -> byId(machineId).first(connection, FleetTable::machine));
  }

  /** The machine, retired or not. */
  public CompletionStage<Optional<FleetRow>> get(String machineId) {
    return database.read(connection -> byId(machineId).first(connection, FleetTable::machine));
  }

  private static Sql byId(String machineId) {
    return Sql.of(SELECT).add("where machine_id = ?", machineId);
  }

  /**
   * A page of the machines that are not retired.
   *
   * @throws IllegalArgumentException for a cursor or limit that cannot be
   */
  public CompletionStage<Page<FleetRow>> page(FleetQuery query) {
    Settings.limit(query.limit(), database.settings().pageLimitMax());
    Sql sql = pageQuery(query);
    return database.read(
        connection -> {
          List<FleetRow> found = sql.list(connection, FleetTable::machine);
          if (found.size() <= query.limit()) {
            return new Page<>(found, null);
          }
          List<FleetRow> items = found.subList(0, query.limit());
          return new Page<>(items, Cursor.at(items.getLast(), query.sort()).text());
        });
  }

  static Sql pageQuery(FleetQuery query) {
    Sql sql = query.filter().addTo(Sql.of(SELECT));
    String text = query.cursor();
    if (text != null) {
      Cursor cursor = Cursor.parse(text, query.sort());
      switch (query.sort()) {
        case ID -> sql.add("and machine_id > ?", cursor.machineId());
        case RUL ->
            sql.add("and (" + RUL + ", machine_id) > (?, ?)", cursor.value(), cursor.machineId());
        case SCORE ->
            sql.add("and (" + SCORE + ", machine_id) < (?, ?)", cursor.value(), cursor.machineId());
        case HEALTH ->
            sql.add(
                "and (" + HEALTH + ", machine_id) > (?, ?)", cursor.value(), cursor.machineId());
        case STATUS ->
            sql.add(
                "and (" + STATUS + ", machine_id) > (?, ?)",
                (int) cursor.value(),
                cursor.machineId());
      }
    }
    String order =
        switch (query.sort()) {
          case ID -> "machine_id";
          case RUL -> RUL + ", machine_id";
          case SCORE -> SCORE + " desc, machine_id desc";
          case HEALTH -> HEALTH + ", machine_id";
          case STATUS -> STATUS + ", machine_id";
        };
    // One more than asked for tells whether there is a next page.
    return sql.add("order by " + order + " limit ?", query.limit() + 1);
  }

  /** How many of the machines have each value, most frequent first. */
  public CompletionStage<List<FleetQuery.Count>> counts(FleetQuery.Column by, FleetFilter filter) {
    return database.read(
        connection ->
            filter
                .addTo(
                    Sql.of(
                        "select " + by.sqlName() + " as value, count(*) as machines from machines"))
                .add("group by 1 order by 2 desc, 1")
                .list(
                    connection,
                    row -> new FleetQuery.Count(row.getString("value"), row.getLong("machines"))));
  }

  private static FleetRow machine(ResultSet row) throws SQLException {
    return new FleetRow(
        row.getString("machine_id"),
        row.getString("machine_type"),
        new FleetRow.Place(
            row.getString("site"),
            row.getString("area"),
            row.getString("line"),
            attributes(row.getString("attributes"))),
        new FleetRow.Condition(
            row.getString("status"),
            Sql.number(row, "health"),
            Sql.number(row, "anomaly_score"),
            Sql.number(row, "rul_p50"),
            row.getString("rul_unit"),
            row.getString("failure_mode"),
            row.getString("model")),
        new FleetRow.OpenAlerts(row.getInt("open_alerts"), row.getString("highest_severity")),
        row.getLong("revision"),
        Sql.instant(row, "watermark"),
        Sql.instant(row, "last_recorded_at"),
        row.getBoolean("retired"));
  }

  private static String json(Map<String, String> attributes) {
    try {
      return JSON.writeValueAsString(attributes);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("The attributes are not JSON: " + e.getMessage(), e);
    }
  }

  private static Map<String, String> attributes(String json) {
    try {
      return JSON.readValue(json, ATTRIBUTES);
    } catch (JsonProcessingException e) {
      throw new StoreException("The attributes of a machine cannot be read: " + json, e);
    }
  }

  /** Where a page ended: the last machine and the value that it was sorted by. */
  private record Cursor(FleetQuery.Sort sort, double value, String machineId) {
    /** In the order of the database's function {@code machine_status_rank}. */
    private static final List<String> RANKS =
        List.of("alarm", "watch", "stale", "unknown", "normal");

    static Cursor at(FleetRow row, FleetQuery.Sort sort) {
      FleetRow.Condition condition = row.condition();
      double value =
          switch (sort) {
            case ID -> 0;
            case RUL -> orElse(condition.rulP50(), Double.POSITIVE_INFINITY);
            case SCORE -> orElse(condition.anomalyScore(), Double.NEGATIVE_INFINITY);
            case HEALTH -> orElse(condition.health(), Double.POSITIVE_INFINITY);
            case STATUS -> RANKS.indexOf(condition.status());
          };
      return new Cursor(sort, value, row.machineId());
    }

    private static double orElse(@Nullable Double value, double absent) {
      return value == null ? absent : value;
    }

    String text() {
      String plain = sort.name().toLowerCase(Locale.ROOT) + " " + value + " " + machineId;
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(plain.getBytes(StandardCharsets.UTF_8));
    }

    static Cursor parse(String text, FleetQuery.Sort sort) {
      try {
        String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
        String[] parts = plain.split(" ", 3);
        if (parts.length == 3 && parts[0].equals(sort.name().toLowerCase(Locale.ROOT))) {
          return new Cursor(sort, Double.parseDouble(parts[1]), parts[2]);
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(Cursor.WRONG, e);
      }
      throw new IllegalArgumentException(Cursor.WRONG);
    }

    private static final String WRONG =
        "The cursor is not one that this list gave with the same sort.";
  }
}
