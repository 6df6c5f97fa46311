package twin.core.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The summaries of all machines: periods, hours and days. An hour and a day are summed up when the
 * machine's next one begins; what has not been yet is summed up when it is asked for. Thread-safe.
 */
public final class PeriodTable {

  private static final JsonFactory JSON = new JsonFactory();

  private static final String COLUMNS =
      """
      starts_at, from_at, to_at, revision, first_revision, last_revision, readings, worst_score,
      least_rul, channels
      """;

  private final Database database;
  private final PeriodSettings settings;

  /** Looks at nothing yet. */
  public PeriodTable(Database database, PeriodSettings settings) {
    this.database = database;
    this.settings = settings;
  }

  /**
   * Adds a period that begins with its first reading; a machine's must come in their order. One
   * that is there already changes nothing.
   */
  public void add(Transaction transaction, String machineId, PeriodRow row) {
    transaction.run(
        connection -> {
          Instant last =
              insert(PeriodResolution.PERIOD, machineId, row)
                  .add(
                      """
                      returning (select max(earlier.starts_at) from periods earlier
                        where earlier.machine_id = ? and earlier.starts_at <= ?) as before
                      """,
                      machineId,
                      row.startsAt())
                  .first(connection, found -> new Ends(null, Sql.instant(found, "before")))
                  .orElse(Ends.NONE)
                  .newest();
          if (last != null) {
            sumUp(connection, machineId, last, row.startsAt());
          }
          return true;
        });
  }

  /** Sums up the hour and the day that are over now, and prunes what is too old. */
  private void sumUp(Connection connection, String machineId, Instant before, Instant now)
      throws SQLException {
    if (!isOver(PeriodResolution.HOUR, before, now)) {
      return;
    }
    sumUp(connection, machineId, PeriodResolution.PERIOD, PeriodResolution.HOUR, before);
    if (!isOver(PeriodResolution.DAY, before, now)) {
      return;
    }
    sumUp(connection, machineId, PeriodResolution.HOUR, PeriodResolution.DAY, before);
    Sql.of(
            "delete from periods where machine_id = ? and starts_at < ?",
            machineId,
            PeriodResolution.DAY.startOf(now).minus(settings.keep()))
        .update(connection);
  }

  private static boolean isOver(PeriodResolution resolution, Instant before, Instant now) {
    return resolution.startOf(before).isBefore(resolution.startOf(now));
  }

  private static void sumUp(
      Connection connection,
      String machineId,
      PeriodResolution parts,
      PeriodResolution whole,
      Instant within)
      throws SQLException {
    Instant start = whole.startOf(within);
    Interval all = new Interval(connection, machineId, start, start.plus(whole.longest()));
    List<PeriodRow> rows = all.until(start.plus(whole.longest())).rows(parts);
    for (PeriodRow sum : summedUp(whole, rows)) {
      insert(whole, machineId, sum).update(connection);
    }
  }

  /** One row for each stretch of a longer kind. */
  private static List<PeriodRow> summedUp(PeriodResolution resolution, List<PeriodRow> rows) {
    Map<Instant, PeriodRow> sums = new LinkedHashMap<>();
    for (PeriodRow row : rows) {
      Instant start = resolution.startOf(row.startsAt());
      sums.merge(start, row.startingAt(start), PeriodRow::with);
    }
    return List.copyOf(sums.values());
  }

  private static Sql insert(PeriodResolution resolution, String machineId, PeriodRow row) {
    return Sql.of("insert into " + resolution.table() + " (machine_id,")
        .add(COLUMNS)
        .add(
            ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::json) on conflict do nothing",
            machineId,
            row.startsAt(),
            row.from(),
            row.to(),
            row.revision(),
            row.firstRevision(),
            row.lastRevision(),
            row.readings(),
            row.worstScore(),
            row.leastRul(),
            json(row.channels()));
  }

  /**
   * What a machine measured between two moments, in the shortest stretches of which there are not
   * too many. A stretch that reaches beyond a moment is there whole.
   */
  public CompletionStage<PeriodHistory> between(String machineId, Instant from, Instant to) {
    return database.read(connection -> between(connection, machineId, from, to));
  }

  private PeriodHistory between(Connection connection, String machineId, Instant from, Instant to)
      throws SQLException {
    Ends ends =
        Sql.of(
                """
                select min(starts_at) as oldest, max(starts_at) as newest
                from periods where machine_id = ?
                """,
                machineId)
            .first(
                connection, row -> new Ends(Sql.instant(row, "oldest"), Sql.instant(row, "newest")))
            .orElse(Ends.NONE);
    Instant oldest = ends.oldest();
    Instant newest = ends.newest();
    if (oldest == null || newest == null) {
      return new PeriodHistory(PeriodResolution.PERIOD, List.of(), 0);
    }
    Interval all = new Interval(connection, machineId, from, to);
    Interval pruned = all.until(PeriodResolution.DAY.startOf(oldest));
    if (!pruned.holdsMoreThan(0, PeriodResolution.DAY)
        && !all.holdsMoreThan(settings.rowsMax(), PeriodResolution.PERIOD)) {
      List<PeriodRow> periods = all.rows(PeriodResolution.PERIOD);
      return new PeriodHistory(PeriodResolution.PERIOD, periods, periods.size());
    }
    Instant thisHour = PeriodResolution.HOUR.startOf(newest);
    List<PeriodRow> ofThisHour = all.since(thisHour).rows(PeriodResolution.PERIOD);
    Interval untilThisHour = all.until(thisHour);
    if (!untilThisHour.holdsMoreThan(settings.rowsMax(), PeriodResolution.HOUR)) {
      return history(PeriodResolution.HOUR, untilThisHour.rows(PeriodResolution.HOUR), ofThisHour);
    }
    Instant today = PeriodResolution.DAY.startOf(newest);
    List<PeriodRow> ofToday =
        new ArrayList<>(untilThisHour.since(today).rows(PeriodResolution.HOUR));
    ofToday.addAll(ofThisHour);
    return history(PeriodResolution.DAY, all.until(today).rows(PeriodResolution.DAY), ofToday);
  }

  /** Where the periods of a machine begin; null for both when it has none. */
  private record Ends(@Nullable Instant oldest, @Nullable Instant newest) {
    static final Ends NONE = new Ends(null, null);
  }

  private static PeriodHistory history(
      PeriodResolution resolution, List<PeriodRow> whole, List<PeriodRow> growing) {
    List<PeriodRow> rows = new ArrayList<>(whole);
    rows.addAll(summedUp(resolution, growing));
    return new PeriodHistory(resolution, rows, whole.size() + growing.size());
  }

  /**
   * Rows of a machine that overlap an interval.
   *
   * @param from begins it
   * @param to ends it
   * @param beginFrom rows that begin before are left out
   * @param beginBefore rows that begin later are left out; null for no bound
   */
  private record Interval(
      Connection connection,
      String machineId,
      Instant from,
      Instant to,
      @Nullable Instant beginFrom,
      @Nullable Instant beginBefore) {

    Interval(Connection connection, String machineId, Instant from, Instant to) {
      this(connection, machineId, from, to, null, null);
    }

    Interval since(Instant moment) {
      return new Interval(connection, machineId, from, to, moment, beginBefore);
    }

    Interval until(Instant moment) {
      return new Interval(connection, machineId, from, to, beginFrom, moment);
    }

    /** The condition on the beginning lets the index be read from where it matters on. */
    private Sql where(String select, PeriodResolution resolution) {
      return Sql.of(select)
          .add("from " + resolution.table())
          .add(
              "where machine_id = ? and starts_at between ? and ? and to_at >= ?",
              machineId,
              resolution.startOf(from),
              to,
              from)
          .addIfPresent("and starts_at >= ?", beginFrom)
          .addIfPresent("and starts_at < ?", beginBefore);
    }

    List<PeriodRow> rows(PeriodResolution resolution) throws SQLException {
      return where("select " + COLUMNS, resolution)
          .add("order by starts_at, revision")
          .list(connection, PeriodTable::row);
    }

    boolean holdsMoreThan(int most, PeriodResolution resolution) throws SQLException {
      Sql rows = where("select 1", resolution).add("limit ?", most + 1);
      Sql count = Sql.of("select count(*) as found from (");
      rows.appendTo(count);
      return count.add(") counted").first(connection, row -> row.getInt("found")).orElseThrow()
          > most;
    }
  }

  private static PeriodRow row(ResultSet row) throws SQLException {
    return new PeriodRow(
        Sql.requiredInstant(row, "starts_at"),
        Sql.requiredInstant(row, "from_at"),
        Sql.requiredInstant(row, "to_at"),
        row.getLong("revision"),
        row.getLong("first_revision"),
        row.getLong("last_revision"),
        row.getLong("readings"),
        channels(row.getString("channels")),
        Sql.number(row, "worst_score"),
        Sql.number(row, "least_rul"));
  }

  /** As {@code {"torque_nm":[60,38.1,44.2,41.5]}}: how many values, least, greatest and mean. */
  private static String json(Map<String, PeriodRow.ChannelValues> channels) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.writeStartObject();
      for (Map.Entry<String, PeriodRow.ChannelValues> channel : channels.entrySet()) {
        out.writeArrayFieldStart(channel.getKey());
        out.writeNumber(channel.getValue().values());
        out.writeNumber(channel.getValue().min());
        out.writeNumber(channel.getValue().max());
        out.writeNumber(channel.getValue().mean());
        out.writeEndArray();
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return text.toString();
  }

  private static Map<String, PeriodRow.ChannelValues> channels(String json) {
    Map<String, PeriodRow.ChannelValues> channels = new LinkedHashMap<>();
    try (JsonParser in = JSON.createParser(json)) {
      in.nextToken();
      for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
        in.nextToken();
        in.nextToken();
        long values = in.getLongValue();
        in.nextToken();
        double min = in.getDoubleValue();
        in.nextToken();
        double max = in.getDoubleValue();
        in.nextToken();
        double mean = in.getDoubleValue();
        in.nextToken();
        channels.put(name, new PeriodRow.ChannelValues(values, min, max, mean));
      }
    } catch (IOException e) {
      throw new StoreException("The summary of a period cannot be read: " + json, e);
    }
    return channels;
  }
}
