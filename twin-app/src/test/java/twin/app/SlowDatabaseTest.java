package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServices;

/** A node with a backlog in Kafka and a database that becomes slow, and quick again. */
@Tag("full")
@Timeout(1200)
final class SlowDatabaseTest {

  private static final Plant PLANT = new Plant(1_000, 200);
  private static final long ALL = 200_000;
  private static final Duration DELAY = Duration.ofMillis(150);
  private static final Duration MEASURED = Duration.ofSeconds(12);
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Pattern HEAP_USED = Pattern.compile("used (\\d+)K");

  /** What the heap may hold more after longer waiting; a thousandth of the backlog waits. */
  private static final long LEVEL_KILOBYTES = 48 * 1024;

  private final Path directory;

  SlowDatabaseTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aSlowDatabaseSlowsTheReadingDownAndNothingElse() throws Exception {
    try (EmbeddedServices services =
            EmbeddedServices.start(
                EmbeddedServices.Settings.defaults(directory.resolve("data")).withPorts(0, 0, 0),
                line -> {});
        SlowLink link = new SlowLink(portOf(services.jdbcUrl()));
        Admin admin = Admin.create(Map.of("bootstrap.servers", services.kafkaBootstrapServers()))) {
      sendAll(services);
      Map<String, Object> settings = NodeUnderTest.fromKafka(services);
      settings.put(
          "twin.database.url",
          services.jdbcUrl().replace(":" + portOf(services.jdbcUrl()), ":" + link.port()));
      // What is taken at a time grows with the time that it takes: here it is bound to stay small.
      settings.put("twin.ingest.codec.readings-max", 100);
      settings.put("twin.ingest.lanes.readings-max", 100);
      settings.put("twin.ingest.lanes.bytes-max", "128 KiB");
      try (ProgramUnderTest node = NodeUnderTest.start(directory, settings)) {
        committed(admin, 20_000);
        double quick = rate(admin);

        link.delay(DELAY);
        double unused = rate(admin);
        long heapBefore = heapKilobytes(node);
        double slow = rate(admin);
        long heapAfter = heapKilobytes(node);
        link.delay(Duration.ZERO);
        long caughtUpFrom = committed(admin);
        System.err.printf(
            "quick %.0f/s, slow %.0f/s and before that %.0f/s, heap %d KB then %d KB, %d left%n",
            quick, slow, unused, heapBefore, heapAfter, ALL - caughtUpFrom);
        assertThat(caughtUpFrom).as("there is a backlog left").isLessThan(ALL);
        assertThat(slow).as("readings a second with a slow database").isPositive();
        assertThat(slow).isLessThan(quick / 2);
        assertThat(heapAfter).isLessThan(heapBefore + LEVEL_KILOBYTES);

        committed(admin, ALL);
        PLANT.isRecordedOnceAndInOrder(node);
        assertThat(node.stderr()).noneMatch(line -> line.contains(" ERROR "));
      }
    }
  }

  private static void sendAll(EmbeddedServices services) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", services.kafkaBootstrapServers()),
            new StringSerializer(),
            new StringSerializer())) {
      PLANT.sendAll(
          (machineId, reading) -> {
            var unused = producer.send(new ProducerRecord<>("sensor-raw-data", machineId, reading));
          });
      producer.flush();
    }
  }

  private static int portOf(String jdbcUrl) {
    Matcher matcher = Pattern.compile(":(\\d+)/").matcher(jdbcUrl);
    assertThat(matcher.find()).as(jdbcUrl).isTrue();
    return Integer.parseInt(matcher.group(1));
  }

  private static void committed(Admin admin, long count) throws Exception {
    Eventually.get(
        count + " readings committed", PATIENCE, () -> committed(admin), sum -> sum >= count);
  }

  private static long committed(Admin admin) throws Exception {
    return admin
        .listConsumerGroupOffsets("twin")
        .partitionsToOffsetAndMetadata()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .values()
        .stream()
        .mapToLong(offset -> offset.offset())
        .sum();
  }

  /** Readings a second that become durable meanwhile. */
  private static double rate(Admin admin) throws Exception {
    long before = committed(admin);
    long start = System.nanoTime();
    LockSupport.parkNanos(MEASURED.toNanos());
    return (committed(admin) - before) * 1e9 / (System.nanoTime() - start);
  }

  /** What is in use behind a collection, the least of three. */
  private static long heapKilobytes(ProgramUnderTest node) throws Exception {
    List<Long> used = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      jcmd(node, "GC.run");
      Matcher matcher = HEAP_USED.matcher(jcmd(node, "GC.heap_info"));
      assertThat(matcher.find()).isTrue();
      used.add(Long.parseLong(matcher.group(1)));
    }
    return Collections.min(used);
  }

  private static String jcmd(ProgramUnderTest node, String command) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(node.pid()),
                command)
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }
}
