package twin.core.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import twin.core.store.Database;
import twin.core.store.OutboxTable;
import twin.core.store.TestDatabase;
import twin.core.type.Severity;

/**
 * Debezium itself, with its outbox event router, over the log of a PostgreSQL whose outbox a
 * projection fills.
 */
@Tag("full")
final class DebeziumTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final BlockingQueue<SourceRecord> seen = new LinkedBlockingQueue<>();

  private static Properties debezium(EmbeddedPostgres server) {
    Properties properties = new Properties();
    properties.putAll(
        Map.ofEntries(
            Map.entry("name", "twin"),
            Map.entry("connector.class", "io.debezium.connector.postgresql.PostgresConnector"),
            Map.entry("plugin.name", "pgoutput"),
            Map.entry(
                "offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore"),
            Map.entry("snapshot.mode", "no_data"),
            Map.entry("topic.prefix", "twin"),
            Map.entry("database.hostname", "127.0.0.1"),
            Map.entry("database.port", Integer.toString(server.getPort())),
            Map.entry("database.user", "postgres"),
            Map.entry("database.password", "postgres"),
            Map.entry("database.dbname", "postgres"),
            Map.entry("table.include.list", "public.outbox"),
            Map.entry("publication.autocreate.mode", "filtered"),
            Map.entry("transforms", "outbox"),
            Map.entry("transforms.outbox.type", "io.debezium.transforms.outbox.EventRouter"),
            Map.entry("transforms.outbox.table.field.event.timestamp", "timestamp"),
            Map.entry(
                "transforms.outbox.table.fields.additional.placement",
                "type:header:eventType,revision:header:revision")));
    return properties;
  }

  private SourceRecord next() throws InterruptedException {
    SourceRecord record = seen.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(record).as("nothing came within %s", PATIENCE).isNotNull();
    return record;
  }

  private static String text(@Nullable Object value) {
    return value instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.UTF_8)
        : String.valueOf(value);
  }

  private static String header(SourceRecord record, String name) {
    return text(record.headers().lastWithName(name).value());
  }

  @Test
  void theOutboxEventRouterSeesEachChangeInOrder() throws Exception {
    try (EmbeddedPostgres server =
            EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .setServerConfig("max_connections", "50")
                .start();
        ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Config config =
          ConfigFactory.parseMap(
                  Map.of(
                      "twin.database.url",
                      server.getJdbcUrl("postgres", "postgres"),
                      "twin.database.user",
                      "postgres",
                      "twin.database.password",
                      "postgres"))
              .withFallback(ConfigFactory.defaultReferenceUnresolved())
              .resolve();
      try (Database database = TestDatabase.open(config);
          DebeziumEngine<RecordChangeEvent<SourceRecord>> engine =
              DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                  .using(debezium(server))
                  .notifying(event -> seen.add(event.record()))
                  .build()) {
        threads.execute(engine);
        awaitSlot(config);
        Happenings machines =
            new Happenings(
                config,
                database,
                (c, clock) ->
                    List.of(new OutboxWriter(new OutboxTable(), Duration.ofHours(1), 100, clock)));
        machines.standsAt("m-1", "Busan", "L1");
        String alert = machines.raises("m-1", Severity.HIGH);
        machines.acknowledged("m-1", alert, Severity.HIGH);

        SourceRecord raised = next();
        assertThat(raised.topic()).isEqualTo("outbox.event.alert");
        assertThat(raised.key()).isEqualTo("m-1");
        assertThat(raised.timestamp()).isEqualTo(Happenings.START.toEpochMilli());
        assertThat(header(raised, "eventType")).isEqualTo("raised");
        assertThat(header(raised, "revision")).isEqualTo("2");
        assertThat(header(raised, "id")).hasSize(36);
        JsonNode payload = ChangeJson.parse(text(raised.value()));
        assertThat(payload.path("alert_id").asText()).isEqualTo(alert);
        assertThat(payload.path("change").asText()).isEqualTo("raised");
        assertThat(payload.path("site").asText()).isEqualTo("Busan");
        assertThat(header(next(), "eventType")).isEqualTo("acknowledged");

        // What is removed later is no news.
        machines.pass(Duration.ofMinutes(61));
        machines.raises("m-2", Severity.LOW);
        assertThat(TestDatabase.text(config, "select count(*) from outbox")).isEqualTo("1");
        assertThat(next().key()).isEqualTo("m-2");
        assertThat(seen).isEmpty();
      }
    }
  }

  private static void awaitSlot(Config config) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!TestDatabase.text(config, "select count(*) from pg_replication_slots where active")
        .equals("1")) {
      assertThat(System.nanoTime()).as("Debezium does not read").isLessThan(end);
      Thread.onSpinWait();
    }
  }
}
