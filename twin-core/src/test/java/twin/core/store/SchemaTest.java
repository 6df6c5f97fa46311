package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SchemaTest {
  private static final Config CONFIG = TestDatabase.create();

  @Test
  void opensTwiceAndAnswers() {
    for (int i = 0; i < 2; i++) {
      try (Database database = TestDatabase.open(CONFIG)) {
        assertThat(database.answers().toCompletableFuture().join()).isTrue();
      }
    }
  }

  /** The plugin's own schema tells what its statements expect; ours may only have more. */
  @Test
  void hasEveryColumnOfThePluginsOwnSchema() throws SQLException, IOException {
    TestDatabase.open(CONFIG).close();
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      Sql.of("create schema plugin").update(connection);
      Sql.of(pluginSchema().replace("public.", "plugin.").replace("CONCURRENTLY", ""))
          .update(connection);
      for (String table : List.of("event_journal", "snapshot")) {
        List<String> expected = columns(connection, "plugin", table);
        assertThat(expected).isNotEmpty();
        List<String> actual = columns(connection, "public", table);
        assertThat(actual).containsAll(expected);
        assertThat(actual.stream().filter(column -> !expected.contains(column)))
            .allMatch(column -> column.startsWith("tx xid8"));
      }
    }
  }

  private static String pluginSchema() throws IOException {
    try (InputStream in =
        SchemaTest.class.getResourceAsStream("/schema/postgres/postgres-create-schema.sql")) {
      assertThat(in).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .replace("REFERENCES event_journal", "REFERENCES plugin.event_journal");
    }
  }

  private static List<String> columns(Connection connection, String schema, String table)
      throws SQLException {
    return Sql.of(
            """
            select column_name || ' ' || udt_name || ' ' || is_nullable || ' '
              || coalesce(character_maximum_length, 0) as shape
            from information_schema.columns
            where table_schema = ? and table_name = ?
            """,
            schema,
            table)
        .list(connection, row -> row.getString("shape"));
  }

  @Test
  void slicesByTheFirstByteOfSha256() throws SQLException, NoSuchAlgorithmException {
    TestDatabase.open(CONFIG).close();
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      for (String id : List.of("Machine|press-7", "Machine|M_0001", "ä\\x")) {
        byte[] hash =
            MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
        assertThat(Sql.of("select twin_slice(?)", id).first(connection, row -> row.getInt(1)))
            .contains(hash[0] & 0xff);
      }
    }
  }

  @Test
  void saysInOneLineThatTheDatabaseCannotBeReached() {
    Config nowhere =
        ConfigFactory.parseString(
                """
                twin.database.url = "jdbc:postgresql://127.0.0.1:1/twin"
                twin.database.start-timeout = 300 ms
                """)
            .withFallback(CONFIG);
    assertThatThrownBy(() -> TestDatabase.open(nowhere))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/twin")
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesAJournalFromAServerThatWasAhead() throws SQLException {
    Config restored = TestDatabase.create();
    TestDatabase.open(restored).close();
    try (Connection connection = TestDatabase.connect(restored)) {
      Sql.of(
              """
              insert into event_journal (tx, persistence_id, sequence_number, writer,
                event_ser_id, event_ser_manifest, event_payload)
              values ('999999999999', 'm', 1, '', 1, 'alert', '')
              """)
          .update(connection);
    }
    assertThatThrownBy(() -> TestDatabase.open(restored))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("pg_resetwal");
  }

  @Test
  void everyDefaultIsValid() {
    assertThat(ReadSideSettings.from(CONFIG).slices()).isEqualTo(4);
    assertThat(ReadSideSettings.from(CONFIG).pollInterval()).hasMillis(100);
    assertThat(DeadLetterSettings.from(CONFIG).keep()).isEqualTo(10_000);
    assertThat(DeadLetterSettings.from(CONFIG).payloadBytesMax()).isEqualTo(65_536);
    assertThat(DatabaseSettings.from(CONFIG).toString()).doesNotContain("password");
    // A thread without a connection would wait for one while others hold theirs.
    assertThat(
            CONFIG.getInt(
                "pekko.projection.jdbc.blocking-jdbc-dispatcher.thread-pool-executor"
                    + ".fixed-pool-size"))
        .isLessThanOrEqualTo(DatabaseSettings.from(CONFIG).updates().connections());
    Config slick = CONFIG.getConfig("pekko-persistence-jdbc.shared-databases.slick.db");
    assertThat(slick.getInt("numThreads")).isEqualTo(slick.getInt("maxConnections"));
  }
}
