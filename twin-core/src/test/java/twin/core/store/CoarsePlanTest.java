package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CoarsePlanTest {
  private static final Config CONFIG = TestDatabase.create();

  /** With the plan for given values and with the one that a prepared statement settles on. */
  @Test
  void readsCoarseEventsThroughThePartialIndex() throws SQLException {
    TestDatabase.open(CONFIG).close();
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      fill(connection);
      long middle =
          Sql.of("select (min(tx::text::bigint) + max(tx::text::bigint)) / 2 from event_journal")
              .first(connection, row -> row.getLong(1))
              .orElseThrow();
      for (String mode : List.of("force_custom_plan", "force_generic_plan")) {
        Sql.of("set plan_cache_mode = " + mode).update(connection);
        String plan = explain(connection, middle);
        System.out.println(mode + "\n" + plan);
        assertThat(plan)
            .contains("event_journal_coarse_idx")
            .containsPattern("Index Cond: .*ROW\\(tx, ordering\\) > .*tx < ")
            .doesNotContain("Sort", "Seq Scan");
      }
    }
  }

  private static void fill(Connection connection) throws SQLException {
    for (int i = 0; i < 40; i++) {
      Sql.of(
              """
              insert into event_journal (persistence_id, sequence_number, writer, event_ser_id,
                event_ser_manifest, event_payload)
              select 'Machine|' || n % 50, 1000 * ? + n / 50, '', 1,
                case n % 5 when 0 then 'alert' else 'readings' end, '\\x00'
              from generate_series(0, 499) n
              """,
              i)
          .update(connection);
    }
    Sql.of("analyze event_journal").update(connection);
  }

  private static String explain(Connection connection, long middle) throws SQLException {
    long horizon = CoarseEvents.horizon(connection);
    Sql prepare =
        Sql.of(
            "prepare coarse as "
                + numbered(
                    CoarseEvents.page(CoarseOffset.before(middle), horizon, 1, 4, 500).toString()));
    prepare.update(connection);
    try {
      return String.join(
          "\n",
          Sql.of(
                  "explain (costs off) execute coarse(4, 1, '%d', 0, '%d', 500)"
                      .formatted(middle, horizon))
              .list(connection, row -> row.getString(1)));
    } finally {
      Sql.of("deallocate coarse").update(connection);
    }
  }

  /** The placeholders as the server numbers them. */
  private static String numbered(String text) {
    StringBuilder result = new StringBuilder();
    int number = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '?') {
        result.append('$').append(++number);
      } else {
        result.append(c);
      }
    }
    return result.toString();
  }
}
