package twin.core.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A statement that is put together piece by piece, each piece with its parameters, so that text and
 * parameters cannot get out of step. Text comes from this package only, values only as parameters.
 */
final class Sql {
  /** Makes one value of one row. */
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Work with a connection. */
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  private final StringBuilder text = new StringBuilder();
  private final List<@Nullable Object> parameters = new ArrayList<>();

  static Sql of(String text, @Nullable Object... values) {
    return new Sql().add(text, values);
  }

  Sql add(String piece, @Nullable Object... values) {
    if (!text.isEmpty()) {
      text.append('\n');
    }
    text.append(piece);
    for (Object value : values) {
      parameters.add(value);
    }
    return this;
  }

  /** Adds the piece when there is a value for its one parameter. */
  Sql addIfPresent(String piece, @Nullable Object value) {
    return value == null ? this : add(piece, value);
  }

  /** Adds that the column names a site of the scope. */
  Sql addScope(String column, SiteScope scope) {
    if (scope.isAll()) {
      return this;
    }
    String places = String.join(", ", Collections.nCopies(scope.names().size(), "?"));
    return add("and " + column + " in (" + places + ")", scope.names().toArray());
  }

  /** Puts this statement behind another piece. */
  void appendTo(Sql other) {
    other.text.append('\n').append(text);
    other.parameters.addAll(parameters);
  }

  <T> List<T> list(Connection connection, Row<T> mapper) throws SQLException {
    try (PreparedStatement statement = prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      List<T> result = new ArrayList<>();
      while (rows.next()) {
        result.add(mapper.read(rows));
      }
      return result;
    }
  }

  <T> Optional<T> first(Connection connection, Row<T> mapper) throws SQLException {
    return list(connection, mapper).stream().findFirst();
  }

  int update(Connection connection) throws SQLException {
    try (PreparedStatement statement = prepare(connection)) {
      return statement.executeUpdate();
    }
  }

  @SuppressWarnings("resource") // The callers close it.
  private PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(text.toString());
    for (int i = 0; i < parameters.size(); i++) {
      statement.setObject(i + 1, jdbcValue(parameters.get(i)));
    }
    return statement;
  }

  static @Nullable Object jdbcValue(@Nullable Object value) {
    return value instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : value;
  }

  static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  static Instant requiredInstant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  static @Nullable Double number(ResultSet row, String column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? null : value;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
