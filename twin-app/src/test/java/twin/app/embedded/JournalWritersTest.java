package twin.app.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class JournalWritersTest {

  @Test
  @Tag("full")
  @Timeout(120)
  void countsWhatAProcessWroteBehindTheOneThatTookOverFromIt(@TempDir Path directory)
      throws Exception {
    try (LocalPostgres postgres =
        LocalPostgres.start(directory, LocalPostgres.Settings.defaults())) {
      write(
          postgres,
          "anybody",
          "create table event_journal (persistence_id text, sequence_number bigint,"
              + " write_timestamp bigint)");
      JournalWriters.note(postgres);
      Instant cut = Instant.ofEpochMilli(1000);
      // Moved from one to the other and back before the cut, as it may.
      write(postgres, "node-1.1", event("a", 1, 900));
      write(postgres, "node-2.2", event("a", 2, 910));
      write(postgres, "node-1.1", event("a", 3, 920));
      // Written by the side that was cut off until the other took over.
      write(postgres, "node-1.1", event("a", 4, 1010));
      write(postgres, "node-2.2", event("a", 5, 1020));
      write(postgres, "node-1.1", event("b", 1, 1030));
      assertThat(JournalWriters.fromBothSides(postgres, "node-1.1", cut)).isZero();
      write(postgres, "node-1.1", event("a", 6, 1030));
      write(postgres, "node-2.2", event("a", 7, 1040));
      write(postgres, "node-1.1", event("a", 8, 1050));
      assertThat(JournalWriters.fromBothSides(postgres, "node-1.1", cut)).isEqualTo(2);
    }
  }

  private static String event(String id, int number, long millis) {
    return "insert into event_journal values ('%s', %d, %d)".formatted(id, number, millis);
  }

  private static void write(LocalPostgres postgres, String name, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                postgres.jdbcUrl() + "?ApplicationName=" + name,
                postgres.user(),
                postgres.password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
