package twin.core.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import twin.core.store.Database;
import twin.core.store.OutboxTable;
import twin.core.store.TestDatabase;
import twin.core.type.Severity;

final class OutboxWriterTest {

  private static final Config CONFIG = TestDatabase.create();
  private static final Database DATABASE = TestDatabase.open(CONFIG);

  private final OutboxTable table = new OutboxTable();

  @AfterAll
  static void close() {
    DATABASE.close();
  }

  private static String text(String query) throws Exception {
    return TestDatabase.text(CONFIG, query);
  }

  @Test
  void isOffUnlessSomebodyWantsIt() {
    Config defaults = ConfigFactory.defaultReferenceUnresolved().resolve();
    assertThat(OutboxWriter.from(defaults, table, () -> Happenings.START)).isEmpty();
    Config on =
        ConfigFactory.parseString("twin.outbox.enabled = on").withFallback(defaults).resolve();
    assertThat(OutboxWriter.from(on, table, () -> Happenings.START)).isPresent();
  }

  @Test
  void hasEachChangeOnceInTheFormOfTheRouterAndForgetsTheOld() throws Exception {
    Happenings machines =
        new Happenings(
            CONFIG,
            DATABASE,
            (config, clock) -> List.of(new OutboxWriter(table, Duration.ofHours(1), 100, clock)));
    machines.standsAt("m-1", "Busan", "L1");
    String alert = machines.raises("m-1", Severity.HIGH);
    machines.acknowledged("m-1", alert, Severity.HIGH);
    assertThat(text("select string_agg(type, ' ' order by revision) from outbox"))
        .isEqualTo("raised acknowledged");
    assertThat(text("select distinct aggregatetype || ' ' || aggregateid from outbox"))
        .isEqualTo("alert m-1");
    assertThat(text("select timestamp::text from outbox limit 1")).isEqualTo("2025-11-07 15:00:00");
    JsonNode payload =
        ChangeJson.parse(text("select payload::text from outbox order by revision limit 1"));
    assertThat(payload.path("alert_id").asText()).isEqualTo(alert);
    assertThat(payload.path("site").asText()).isEqualTo("Busan");

    OutboxWriter again = new OutboxWriter(table, Duration.ofHours(1), 100, machines);
    Instant at = machines.instant();
    for (int i = 0; i < 2; i++) {
      TestDatabase.follow(DATABASE, again, Samples.alert("m-2"), Samples.raised("m-2", at));
    }
    assertThat(text("select count(*) from outbox where aggregateid = 'm-2'")).isEqualTo("1");

    machines.pass(Duration.ofMinutes(61));
    machines.raises("m-3", Severity.HIGH);
    assertThat(text("select string_agg(aggregateid, ' ') from outbox")).isEqualTo("m-3");
  }
}
