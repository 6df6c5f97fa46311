package twin.core.store;

import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How long histories take to read: machines that have been measured for a year, five channels a
 * row, of which the periods of the last 30 days are there. Run by hand; arguments: machines,
 * points.
 */
public final class HistoryRate {
  private static final Instant END = Instant.parse("2025-11-07T15:30:00Z");
  private static final int WARM_UP = 5;
  private static final int RUNS = 41;

  private HistoryRate() {}

  /** Prints a line for each interval. */
  public static void main(String[] arguments) throws SQLException {
    int machines = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
    int points = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 500;
    Config config = TestDatabase.create();
    try (Database database = TestDatabase.open(config)) {
      try (Connection connection = TestDatabase.connect(config)) {
        fill(connection, "periods", "minute", Duration.ofDays(30), machines);
        fill(connection, "period_hours", "hour", Duration.ofDays(365), machines);
        fill(connection, "period_days", "day", Duration.ofDays(365), machines);
        System.out.println(size(connection));
      }
      PeriodTable table = new PeriodTable(database, PeriodSettings.from(config));
      for (int days : new int[] {365, 180, 60, 7, 1}) {
        measure(table, days, machines, points);
      }
    }
    System.exit(0);
  }

  private static void fill(
      Connection connection, String name, String unit, Duration length, int machines)
      throws SQLException {
    // The newest hour and day are not over, so no row is summed up of them.
    Sql.of("insert into " + name)
        .add(
            """
            select 'machine-' || m, t, t, t + interval '59 s', extract(epoch from t) / 60,
              extract(epoch from t) / 60, extract(epoch from t) / 60, 60, random(), 100 * random(),
              json_build_object(
                'air_temp_k', json_build_array(60, 297.123 + random(), 299.456, 298.1 + random()),
                'process_temp_k', json_build_array(60, 307.123 + random(), 309.4, 308 + random()),
                'rpm', json_build_array(60, 1400.25 + random(), 1600.5, 1500 + random()),
                'torque_nm', json_build_array(60, 30.125 + random(), 50.5, 40 + random()),
                'tool_wear_min', json_build_array(60, 100 * random(), 200.5, 150 + random()))
            from generate_series(1, ?) m,
              generate_series(date_trunc(?, ?::timestamptz - ?::interval),
                date_trunc(?, ?::timestamptz) - (? || ' s')::interval, ('1 ' || ?)::interval) t
            """,
            machines,
            unit,
            END.toString(),
            length.toString(),
            unit,
            END.toString(),
            unit.equals("minute") ? 0 : 1,
            unit)
        .update(connection);
    Sql.of("vacuum analyze " + name).update(connection);
  }

  private static String size(Connection connection) throws SQLException {
    StringBuilder text = new StringBuilder();
    for (String name : new String[] {"periods", "period_hours", "period_days"}) {
      text.append(
          Sql.of(
                  "select format('%s: %s rows, %s bytes a row with its index', ?::text, count(*),",
                  name)
              .add("pg_total_relation_size(?::regclass) / count(*)) from " + name, name)
              .first(connection, row -> row.getString(1))
              .orElseThrow());
      text.append('\n');
    }
    return text.toString().strip();
  }

  private static void measure(PeriodTable table, int days, int machines, int points) {
    double[] millis = new double[RUNS];
    PeriodHistory found = new PeriodHistory(PeriodResolution.PERIOD, List.of(), 0);
    for (int i = -WARM_UP; i < RUNS; i++) {
      long start = System.nanoTime();
      found =
          table
              .between(
                  "machine-" + (1 + (i + WARM_UP) % machines),
                  END.minus(Duration.ofDays(days)),
                  END)
              .toCompletableFuture()
              .join()
              .thinned(points);
      if (i >= 0) {
        millis[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    Arrays.sort(millis);
    System.out.printf(
        Locale.ROOT,
        "%d days: %s, %d rows read, %d points; median %.1f ms, slowest of %d %.1f ms%n",
        days,
        found.resolution().label(),
        found.rowsRead(),
        found.rows().size(),
        millis[RUNS / 2],
        RUNS,
        millis[RUNS - 1]);
  }
}
