package twin.app.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServiceException.Reason;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LocalPostgresTest {

  /** One for all tests: creating a database costs seconds, and data that is there is the rule. */
  private final Path directory;

  LocalPostgresTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void keepsItsDataBetweenRuns() throws Exception {
    String password;
    try (LocalPostgres postgres = start()) {
      password = postgres.password();
      execute(postgres, "create table if not exists kept (value text)");
      execute(postgres, "insert into kept values ('before')");
    }
    try (LocalPostgres postgres = start()) {
      assertThat(query(postgres, "select value from kept")).isEqualTo("before");
      assertThat(postgres.password()).isEqualTo(password);
    }
  }

  @Test
  void keepsPostgresPromisesOfDurability() throws Exception {
    try (LocalPostgres postgres = start()) {
      for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
        assertThat(query(postgres, "show " + setting)).as(setting).isEqualTo("on");
      }
      assertThat(query(postgres, "show listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(query(postgres, "show unix_socket_directories")).isEmpty();
      assertThat(query(postgres, "show idle_in_transaction_session_timeout")).isEqualTo("30s");
      assertThat(query(postgres, "show server_version")).startsWith("18");
    }
  }

  @Test
  void asksForThePassword() throws Exception {
    try (LocalPostgres postgres = start()) {
      assertThatThrownBy(
              () -> DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), "guess"))
          .isInstanceOf(SQLException.class);
      assertThat(Files.getPosixFilePermissions(directory.resolve("password")))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
  }

  @Test
  void startsOverThePidFileOfAKilledServerWhosePidAnotherProcessHasNow() throws Exception {
    start().close();
    // As a restarted container finds it: the pid is alive, but it is somebody else, here this test.
    Files.writeString(
        directory.resolve("data/postmaster.pid"),
        "%d\n%s\n1700000000\n5432\n\n127.0.0.1\n 1 1\nready\n"
            .formatted(ProcessHandle.current().pid(), directory.resolve("data")));

    try (LocalPostgres postgres = start()) {
      assertThat(query(postgres, "select 1")).isEqualTo("1");
    }
  }

  @Test
  void aPortInUseIsOneLine() throws Exception {
    try (ServerSocketChannel taken = LoopbackPort.bind(0, 1, "a test", "--none")) {
      LocalPostgres.Settings settings =
          LocalPostgres.Settings.defaults().withPort(LoopbackPort.portOf(taken));

      EmbeddedServiceException refused =
          catchThrowableOfType(
              EmbeddedServiceException.class, () -> LocalPostgres.start(directory, settings));

      assertThat(refused.reason()).isEqualTo(Reason.PORT_IN_USE);
      assertThat(refused).hasMessageContaining(Integer.toString(LoopbackPort.portOf(taken)));
    }
  }

  private LocalPostgres start() throws Exception {
    return LocalPostgres.start(directory, LocalPostgres.Settings.defaults());
  }

  private static void execute(LocalPostgres postgres, String sql) throws SQLException {
    try (Connection connection = connect(postgres);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(LocalPostgres postgres, String sql) throws SQLException {
    try (Connection connection = connect(postgres);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      assertThat(result.next()).isTrue();
      return result.getString(1);
    }
  }

  private static Connection connect(LocalPostgres postgres) throws SQLException {
    return DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
  }
}
