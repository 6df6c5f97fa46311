package twin.core.store;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The tables of what channels tell people of alerts, and what came of it. Thread-safe. */
public final class NotificationTable {

  /** Of one channel only one node at a time gathers. Any number no one else here uses. */
  private static final int GATHERING_LOCK = 0x6e6f7469;

  /** Only one node at a time removes the oldest. */
  private static final long PRUNING_LOCK = 0x7477696e_00000002L;

  private static final String SELECT =
      """
      select d.id, d.channel, d.place, d.site, d.area, d.line, d.incident, d.severity, d.told,
        d.alerts, d.newest_at, d.state, d.created_at, d.planned_at, d.due_at, d.attempts,
        d.changed_at, d.last_error
      from deliveries d
      """;

  private static final String SEVERITY_ORDER =
      "array_position(array['critical', 'high', 'medium', 'low'], severity)";

  private static final String WRONG_CURSOR = "The cursor is not one that this list gave.";

  private final Database database;

  /** Looks at nothing yet. */
  public NotificationTable(Database database) {
    this.database = database;
  }

  /** Adds a notice, once. */
  public void add(Transaction transaction, Notice notice) {
    Sql insert =
        Sql.of(
            """
            insert into notices (channel, alert_id, revision, recorded_at, place, machine_id, site,
              area, line, severity, alert)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::json)
            on conflict (channel, alert_id, revision) do nothing
            """,
            notice.channel(),
            notice.alertId(),
            notice.revision(),
            notice.recordedAt(),
            notice.place(),
            notice.machineId(),
            notice.site(),
            notice.area(),
            notice.line(),
            notice.severity(),
            notice.alert());
    transaction.run(insert::update);
  }

  /** Those of the channels that have something to do. */
  public CompletionStage<List<String>> withWork(List<String> channels, Instant now) {
    return database.update(
        connection ->
            Sql.of(
                    """
                    select channel from unnest(?) as wanted (channel)
                    where exists (
                        select from notices n
                        where n.channel = wanted.channel and n.delivery is null)
                      or exists (
                        select from deliveries d
                        where d.channel = wanted.channel and d.state in ('waiting', 'sending')
                          and d.due_at <= ?)
                    """,
                    connection.createArrayOf("text", channels.toArray()),
                    now)
                .list(connection, row -> row.getString("channel")));
  }

  /**
   * Makes deliveries of a channel's new notices, unless another node is about it.
   *
   * @param most how many notices at a time
   * @return how many notices became a part of one
   */
  public CompletionStage<Integer> gather(String channel, int most, Gathered.Rule rule) {
    return database.inTransaction(
        connection -> {
          boolean alone =
              Sql.of("select pg_try_advisory_xact_lock(?, hashtext(?))", GATHERING_LOCK, channel)
                  .first(connection, row -> row.getBoolean(1))
                  .orElse(false);
          if (!alone) {
            return 0;
          }
          List<Notice> notices = newNotices(connection, channel, most);
          if (notices.isEmpty()) {
            return 0;
          }
          int gathered = 0;
          for (Gathered each : rule.of(notices, newest(connection, channel, notices))) {
            boolean written =
                each.isNew()
                    ? insert(connection, each.delivery())
                    : join(connection, each.delivery());
            if (written) {
              gathered += assign(connection, each);
            }
          }
          return gathered;
        });
  }

  private static List<Notice> newNotices(Connection connection, String channel, int most)
      throws SQLException {
    return Sql.of(
            """
            select channel, alert_id, revision, recorded_at, place, machine_id, site, area, line,
              severity, '' as alert
            from notices where channel = ? and delivery is null
            order by recorded_at, alert_id, revision limit ?
            """,
            channel,
            most)
        .list(connection, NotificationTable::notice);
  }

  private static List<Delivery> newest(Connection connection, String channel, List<Notice> notices)
      throws SQLException {
    return Sql.of(
            "select d.* from unnest(?) as places (place) cross join lateral (",
            connection.createArrayOf(
                "text", notices.stream().map(Notice::place).distinct().toArray()))
        .add(SELECT)
        .add(
            """
            where d.channel = ? and d.place = places.place
            order by d.created_at desc limit 1) d
            """,
            channel)
        .list(connection, NotificationTable::delivery);
  }

  private static boolean insert(Connection connection, Delivery delivery) throws SQLException {
    return Sql.of(
                """
                insert into deliveries (id, channel, place, site, area, line, incident, severity,
                  told, alerts, newest_at, state, created_at, planned_at, due_at, changed_at)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?)
                """,
                delivery.id(),
                delivery.channel(),
                delivery.place(),
                delivery.site(),
                delivery.area(),
                delivery.line(),
                delivery.incident(),
                delivery.severity(),
                delivery.told(),
                delivery.alerts(),
                delivery.newestAt(),
                delivery.createdAt(),
                delivery.plannedAt(),
                delivery.dueAt(),
                delivery.changedAt())
            .update(connection)
        > 0;
  }

  /** Somebody may have begun to send it: then its notices wait for the next delivery. */
  private static boolean join(Connection connection, Delivery delivery) throws SQLException {
    return Sql.of(
                """
                update deliveries set severity = ?, alerts = ?, newest_at = ?, planned_at = ?,
                  due_at = ?
                where id = ? and state = 'waiting' and attempts = 0
                """,
                delivery.severity(),
                delivery.alerts(),
                delivery.newestAt(),
                delivery.plannedAt(),
                delivery.dueAt(),
                delivery.id())
            .update(connection)
        > 0;
  }

  private static int assign(Connection connection, Gathered gathered) throws SQLException {
    return Sql.of(
            """
            update notices set delivery = ?
            where channel = ? and (alert_id, revision) in (select * from unnest(?, ?))
            """,
            gathered.delivery().id(),
            gathered.delivery().channel(),
            connection.createArrayOf(
                "text", gathered.notices().stream().map(Notice::alertId).toArray()),
            connection.createArrayOf(
                "bigint", gathered.notices().stream().map(Notice::revision).toArray()))
        .update(connection);
  }

  /**
   * Takes what is due of a channel, for the caller alone: until {@code aloneUntil}, when it is due
   * again unless its outcome has been written down.
   *
   * @param named how many of a delivery's notices are wanted themselves
   */
  public CompletionStage<List<Delivery.Taken>> take(
      String channel, Instant now, Instant aloneUntil, int most, int named) {
    return database.inTransaction(
        connection -> {
          List<Delivery> due =
              Sql.of(
                      """
                      update deliveries d
                      set state = 'sending', attempts = d.attempts + 1, due_at = ?
                      from (
                        select id from deliveries
                        where channel = ? and state in ('waiting', 'sending') and due_at <= ?
                        order by due_at limit ?
                        for update skip locked) found
                      where d.id = found.id
                      returning d.*
                      """,
                      aloneUntil,
                      channel,
                      now,
                      most)
                  .list(connection, NotificationTable::delivery);
          List<Delivery.Taken> taken = new ArrayList<>();
          for (Delivery delivery : due) {
            taken.add(taken(connection, delivery, named));
          }
          return taken;
        });
  }

  private static Delivery.Taken taken(Connection connection, Delivery delivery, int named)
      throws SQLException {
    List<String> told =
        Sql.of("select alert::text as alert from notices where delivery = ?", delivery.id())
            .add("order by " + SEVERITY_ORDER + ", recorded_at, alert_id, revision limit ?", named)
            .list(connection, row -> row.getString("alert"));
    return Sql.of(
            """
            select count(distinct n.machine_id) filter (where d.id = ?) as machines,
              count(distinct n.alert_id) as alerts, count(distinct n.machine_id) as all_machines,
              coalesce(min(n.recorded_at), ?) as since
            from deliveries d join notices n on n.delivery = d.id
            where d.incident = ? and d.channel = ?
            """,
            delivery.id(),
            delivery.newestAt(),
            delivery.incident(),
            delivery.channel())
        .first(
            connection,
            row ->
                new Delivery.Taken(
                    delivery,
                    told,
                    row.getLong("machines"),
                    row.getLong("alerts"),
                    row.getLong("all_machines"),
                    Sql.requiredInstant(row, "since")))
        .orElseThrow();
  }

  /** The channel has taken it. False when somebody else has sent it meanwhile. */
  public CompletionStage<Boolean> delivered(Delivery delivery, Instant at) {
    return ended(delivery, Delivery.State.DELIVERED, at, at, null);
  }

  /** It is sent again at another time. */
  public CompletionStage<Boolean> again(
      Delivery delivery, Instant at, Instant dueAt, String error) {
    return ended(delivery, Delivery.State.WAITING, at, dueAt, error);
  }

  /** It is given up. */
  public CompletionStage<Boolean> failed(Delivery delivery, Instant at, String error) {
    return ended(delivery, Delivery.State.FAILED, at, at, error);
  }

  /** The number of the attempt tells whether another node has taken it meanwhile. */
  private CompletionStage<Boolean> ended(
      Delivery delivery, Delivery.State state, Instant at, Instant dueAt, @Nullable String error) {
    return database.update(
        connection ->
            Sql.of(
                        """
                        update deliveries
                        set state = ?, changed_at = ?, due_at = ?, last_error = coalesce(?, last_error)
                        where id = ? and state = 'sending' and attempts = ?
                        """,
                        label(state),
                        at,
                        dueAt,
                        error,
                        delivery.id(),
                        delivery.attempts())
                    .update(connection)
                > 0);
  }

  /** Removes what was made before a time, whatever came of it; one node at a time does it. */
  public CompletionStage<Integer> removeBefore(Instant time, int most) {
    return database.inTransaction(
        connection -> {
          boolean alone =
              Sql.of("select pg_try_advisory_xact_lock(?)", PRUNING_LOCK)
                  .first(connection, row -> row.getBoolean(1))
                  .orElse(false);
          if (!alone) {
            return 0;
          }
          int notices =
              Sql.of(
                      """
                      delete from notices where (channel, alert_id, revision) in (
                        select channel, alert_id, revision from notices
                        where recorded_at < ? order by recorded_at limit ?)
                      """,
                      time,
                      most)
                  .update(connection);
          return notices
              + Sql.of(
                      """
                      delete from deliveries where id in (
                        select id from deliveries where created_at < ?
                        order by created_at limit ?)
                      """,
                      time,
                      most)
                  .update(connection);
        });
  }

  /**
   * A page of the deliveries, the newest first.
   *
   * @param named how many alerts of each are named
   * @throws IllegalArgumentException for a cursor or limit that cannot be
   */
  public CompletionStage<Page<Delivery.Listed>> page(Delivery.Wanted wanted, int named) {
    Settings.limit(wanted.limit(), database.settings().pageLimitMax());
    Delivery.State state = wanted.state();
    Sql sql =
        Sql.of(SELECT)
            .add("where true")
            .addIfPresent("and d.channel = ?", wanted.channel())
            .addIfPresent("and d.state = ?", state == null ? null : label(state))
            .addIfPresent(
                "and d.id in (select delivery from notices where alert_id = ?)", wanted.alertId())
            .addScope("d.site", wanted.scope());
    String cursor = wanted.cursor();
    if (cursor != null) {
      Cursor from = Cursor.parse(cursor);
      sql.add("and (d.created_at, d.id) < (?, ?)", from.at(), from.id());
    }
    sql.add("order by d.created_at desc, d.id desc limit ?", wanted.limit() + 1);
    return database.read(
        connection -> {
          List<Delivery> found = sql.list(connection, NotificationTable::delivery);
          boolean more = found.size() > wanted.limit();
          List<Delivery.Listed> items = new ArrayList<>();
          for (Delivery each : more ? found.subList(0, wanted.limit()) : found) {
            items.add(new Delivery.Listed(each, alerts(connection, each, named)));
          }
          return new Page<>(items, more ? Cursor.text(items.getLast().delivery()) : null);
        });
  }

  private static List<String> alerts(Connection connection, Delivery delivery, int named)
      throws SQLException {
    return Sql.of(
            """
            select alert_id from notices where delivery = ? group by alert_id
            order by min(recorded_at), alert_id limit ?
            """,
            delivery.id(),
            named)
        .list(connection, row -> row.getString("alert_id"));
  }

  /** What has become of the deliveries that are kept, of each channel that has some. */
  public CompletionStage<List<Delivery.Counts>> counts() {
    return database.read(
        connection ->
            Sql.of(
                    """
                    select channel, count(*) filter (where state in ('waiting', 'sending')) as waiting,
                      count(*) filter (where state = 'delivered') as delivered,
                      count(*) filter (where state = 'failed') as failed,
                      max(changed_at) filter (where state = 'delivered') as last_delivered_at,
                      max(changed_at) filter (where state = 'failed') as last_failed_at,
                      (array_agg(last_error order by changed_at desc)
                        filter (where last_error is not null))[1] as last_error
                    from deliveries group by channel order by channel
                    """)
                .list(
                    connection,
                    row ->
                        new Delivery.Counts(
                            row.getString("channel"),
                            row.getLong("waiting"),
                            row.getLong("delivered"),
                            row.getLong("failed"),
                            Sql.instant(row, "last_delivered_at"),
                            Sql.instant(row, "last_failed_at"),
                            row.getString("last_error"))));
  }

  private static String label(Delivery.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private static Notice notice(ResultSet row) throws SQLException {
    return new Notice(
        row.getString("channel"),
        row.getString("alert_id"),
        row.getLong("revision"),
        Sql.requiredInstant(row, "recorded_at"),
        row.getString("place"),
        row.getString("machine_id"),
        row.getString("site"),
        row.getString("area"),
        row.getString("line"),
        row.getString("severity"),
        row.getString("alert"));
  }

  private static Delivery delivery(ResultSet row) throws SQLException {
    return new Delivery(
        row.getObject("id", UUID.class),
        row.getString("channel"),
        row.getString("place"),
        row.getString("site"),
        row.getString("area"),
        row.getString("line"),
        row.getString("incident"),
        row.getString("severity"),
        row.getString("told"),
        row.getInt("alerts"),
        Sql.requiredInstant(row, "newest_at"),
        Delivery.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
        Sql.requiredInstant(row, "created_at"),
        Sql.requiredInstant(row, "planned_at"),
        Sql.requiredInstant(row, "due_at"),
        row.getInt("attempts"),
        Sql.requiredInstant(row, "changed_at"),
        row.getString("last_error"));
  }

  /** Where a page ended. */
  private record Cursor(Instant at, UUID id) {

    static String text(Delivery last) {
      byte[] plain = (last.createdAt() + " " + last.id()).getBytes(StandardCharsets.UTF_8);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(plain);
    }

    static Cursor parse(String text) {
      try {
        String[] parts =
            new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(" ", 2);
        if (parts.length == 2) {
          return new Cursor(Instant.parse(parts[0]), UUID.fromString(parts[1]));
        }
      } catch (IllegalArgumentException | DateTimeException e) {
        throw new IllegalArgumentException(WRONG_CURSOR, e);
      }
      throw new IllegalArgumentException(WRONG_CURSOR);
    }
  }
}
