package twin.core.store;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The accounts in the database. Thread-safe. */
public final class AccountTable implements AccountStore {

  private static final String ADMINISTRATOR = "administrator";

  private static final String SELECT_USERS =
      """
      select name, password_hash, role, sites, disabled, epoch, locked_until, created_at,
        created_by, last_login_at
      from users
      """;

  private static final String INSERT_USER =
      """
      insert into users (name, password_hash, role, sites, disabled, created_at, created_by)
      select ?, ?, ?, ?::text[], ?, ?::timestamptz, ?
      """;

  private final Database database;

  /** Looks at nothing yet. */
  public AccountTable(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<Accounts> load(Instant now) {
    return database.read(
        connection ->
            new Accounts(
                Sql.of(SELECT_USERS).add("order by name").list(connection, AccountTable::userOf),
                Sql.of(
                        """
                        select name, digest, role, sites, expires_at, created_at, created_by
                        from api_keys order by name
                        """)
                    .list(connection, AccountTable::keyOf),
                Set.copyOf(
                    Sql.of("select session from ended_sessions where until > ?", now)
                        .list(connection, row -> row.getString("session")))));
  }

  @Override
  public CompletionStage<String> tokenSecret(String ifAbsent) {
    return database.inTransaction(
        connection -> {
          Sql.of("insert into token_key (secret) values (?) on conflict do nothing", ifAbsent)
              .update(connection);
          return Sql.of("select secret from token_key")
              .first(connection, row -> row.getString("secret"))
              .orElseThrow();
        });
  }

  @Override
  public CompletionStage<Optional<User>> user(String name) {
    return database.update(
        connection ->
            Sql.of(SELECT_USERS)
                .add("where name = ?", name)
                .first(connection, AccountTable::userOf));
  }

  @Override
  public CompletionStage<Boolean> addUser(User user) {
    return database.update(
        connection ->
            insert(connection, user).add("on conflict do nothing").update(connection) > 0);
  }

  @Override
  public CompletionStage<Boolean> addFirstUser(User user) {
    return database.inTransaction(
        connection -> {
          lockUsers(connection);
          return insert(connection, user)
                  .add("where not exists (select from users)")
                  .update(connection)
              > 0;
        });
  }

  private static Sql insert(Connection connection, User user) throws SQLException {
    return Sql.of(
        INSERT_USER,
        user.name(),
        user.passwordHash(),
        user.role(),
        array(connection, user.sites()),
        user.disabled(),
        user.createdAt(),
        user.createdBy());
  }

  private static void lockUsers(Connection connection) throws SQLException {
    Sql.of("lock table users in share row exclusive mode").update(connection);
  }

  @Override
  public CompletionStage<Changed> changeUser(String name, UserChange change) {
    return database.inTransaction(
        connection -> {
          // Two administrators who disable each other at the same time would both succeed.
          lockUsers(connection);
          int changed =
              Sql.of(
                      """
                      update users set role = coalesce(?, role), sites = coalesce(?::text[], sites),
                        disabled = coalesce(?::boolean, disabled), epoch = epoch + 1
                      where name = ?
                      """,
                      change.role(),
                      change.sites() == null ? null : array(connection, change.sites()),
                      change.disabled(),
                      name)
                  .update(connection);
          if (changed == 0) {
            return Changed.NOT_FOUND;
          }
          boolean somebodyLeft =
              Sql.of("select from users where role = ? and not disabled limit 1", ADMINISTRATOR)
                  .first(connection, row -> true)
                  .orElse(false);
          if (!somebodyLeft) {
            connection.rollback();
            return Changed.LAST_ADMINISTRATOR;
          }
          return Changed.DONE;
        });
  }

  @Override
  public CompletionStage<Boolean> setPassword(String name, String passwordHash) {
    return database.update(
        connection ->
            Sql.of(
                        """
                        update users set password_hash = ?, epoch = epoch + 1, failed_logins = 0,
                          locked_until = null
                        where name = ?
                        """,
                        passwordHash,
                        name)
                    .update(connection)
                > 0);
  }

  @Override
  public CompletionStage<Void> noteWrongPassword(String name, Instant now, Lockout lockout) {
    return nothing(
        Sql.of(
            """
            update users set failed_logins = failed_logins + 1,
              locked_until = case when failed_logins + 1 >= ? then ?::timestamptz
                + least(?, ? * power(2, least(failed_logins + 1 - ?, 30))) * interval '1 millisecond'
                end
            where name = ? and (locked_until is null or locked_until <= ?)
            """,
            lockout.after(),
            now,
            (double) lockout.pauseMax().toMillis(),
            (double) lockout.pause().toMillis(),
            lockout.after(),
            name,
            now));
  }

  private CompletionStage<Void> nothing(Sql statement) {
    return database.update(statement::update).thenAccept(rows -> {});
  }

  @Override
  public CompletionStage<Boolean> noteRightPassword(String name, Instant now) {
    return database.update(
        connection ->
            Sql.of(
                        """
                        update users set failed_logins = 0, locked_until = null, last_login_at = ?
                        where name = ? and not disabled
                          and (locked_until is null or locked_until <= ?)
                        """,
                        now,
                        name,
                        now)
                    .update(connection)
                > 0);
  }

  @Override
  public CompletionStage<Boolean> addKey(Key key) {
    return database.update(
        connection ->
            Sql.of(
                        """
                        insert into api_keys
                          (name, digest, role, sites, expires_at, created_at, created_by)
                        values (?, ?, ?, ?, ?, ?, ?)
                        on conflict do nothing
                        """,
                        key.name(),
                        key.digest(),
                        key.role(),
                        array(connection, key.sites()),
                        key.expiresAt(),
                        key.createdAt(),
                        key.createdBy())
                    .update(connection)
                > 0);
  }

  @Override
  public CompletionStage<Boolean> removeKey(String name) {
    return database.update(
        connection -> Sql.of("delete from api_keys where name = ?", name).update(connection) > 0);
  }

  @Override
  public CompletionStage<Void> addRefreshToken(RefreshToken token) {
    return nothing(insert(token));
  }

  private static Sql insert(RefreshToken token) {
    return Sql.of(
        """
        insert into refresh_tokens (digest, session, user_name, epoch, expires_at)
        values (?, ?, ?, ?, ?)
        """,
        token.digest(),
        token.session(),
        token.userName(),
        token.epoch(),
        token.expiresAt());
  }

  @Override
  public CompletionStage<Exchange> exchange(
      String digest, String nextDigest, Instant nextExpiresAt, Instant now) {
    return database.inTransaction(
        connection -> {
          Optional<Given> found =
              Sql.of(
                      """
                      select digest, session, user_name, epoch, expires_at, used
                      from refresh_tokens where digest = ? and expires_at > ? for update
                      """,
                      digest,
                      now)
                  .first(connection, AccountTable::givenOf);
          if (found.isEmpty()) {
            return new Exchange.Unknown();
          }
          RefreshToken token = found.get().token();
          if (found.get().used()) {
            return new Exchange.UsedAgain(token);
          }
          Sql.of("update refresh_tokens set used = true where digest = ?", digest)
              .update(connection);
          insert(
                  new RefreshToken(
                      nextDigest, token.session(), token.userName(), token.epoch(), nextExpiresAt))
              .update(connection);
          return new Exchange.Exchanged(token);
        });
  }

  private record Given(RefreshToken token, boolean used) {}

  private static Given givenOf(ResultSet row) throws SQLException {
    return new Given(
        new RefreshToken(
            row.getString("digest"),
            row.getString("session"),
            row.getString("user_name"),
            row.getLong("epoch"),
            Sql.requiredInstant(row, "expires_at")),
        row.getBoolean("used"));
  }

  @Override
  public CompletionStage<Void> endSession(String session, Instant now, Instant until) {
    return database
        .inTransaction(
            connection -> {
              Sql.of(
                      "delete from refresh_tokens where session = ? or expires_at <= ?",
                      session,
                      now)
                  .update(connection);
              Sql.of("delete from ended_sessions where until <= ?", now).update(connection);
              return Sql.of(
                      "insert into ended_sessions (session, until) values (?, ?)"
                          + " on conflict do nothing",
                      session,
                      until)
                  .update(connection);
            })
        .thenAccept(rows -> {});
  }

  private static User userOf(ResultSet row) throws SQLException {
    return new User(
        row.getString("name"),
        row.getString("password_hash"),
        row.getString("role"),
        sites(row),
        row.getBoolean("disabled"),
        row.getLong("epoch"),
        Sql.instant(row, "locked_until"),
        Sql.requiredInstant(row, "created_at"),
        row.getString("created_by"),
        Sql.instant(row, "last_login_at"));
  }

  private static Key keyOf(ResultSet row) throws SQLException {
    return new Key(
        row.getString("name"),
        row.getString("digest"),
        row.getString("role"),
        sites(row),
        Sql.instant(row, "expires_at"),
        Sql.requiredInstant(row, "created_at"),
        row.getString("created_by"));
  }

  private static SiteScope sites(ResultSet row) throws SQLException {
    Array sites = row.getArray("sites");
    return new SiteScope(Set.copyOf(Arrays.asList((String[]) sites.getArray())));
  }

  private static @Nullable Array array(Connection connection, @Nullable SiteScope scope)
      throws SQLException {
    return scope == null ? null : connection.createArrayOf("text", scope.names().toArray());
  }
}
