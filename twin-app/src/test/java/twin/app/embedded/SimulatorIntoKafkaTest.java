package twin.app.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.simulator.KafkaTarget;
import twin.simulator.NetworkFaults;
import twin.simulator.Replay;
import twin.simulator.ReplayReport;
import twin.simulator.ReplaySettings;

/** The simulator's way into a real Kafka. */
@Timeout(180)
final class SimulatorIntoKafkaTest {

  private static final String VALUES =
      " -0.0007 -0.0004 100.0 518.67 641.82 1589.70 1400.60 14.62 21.61 554.36 2388.06 9046.19 1.30"
          + " 47.47 521.66 2388.02 8138.62 8.4195 0.03 392 2388 100.00 39.06 23.4190";
  private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");
  private static final int ENGINES = 7;
  private static final LocalKafka.Settings SETTINGS = LocalKafka.Settings.defaults().withPort(0);

  private final Path directory;

  SimulatorIntoKafkaTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void everyReadingArrivesOnceAndInOrderUnderItsMachinesKey() throws Exception {
    int cycles = 300;
    ReplaySettings settings = ReplaySettings.of("turbofan", recorded(cycles), 0);
    try (LocalKafka kafka = LocalKafka.start(directory, SETTINGS)) {
      ReplayReport report =
          Replay.run(settings, KafkaTarget.of(kafka.bootstrapServers()), status -> {});

      assertThat(report.machines()).isEqualTo(ENGINES);
      assertThat(report.faults().distinct()).isEqualTo((long) ENGINES * cycles);
      Map<String, List<Long>> seqs = seqs(records(kafka));
      assertThat(seqs).hasSize(ENGINES);
      assertThat(seqs.values())
          .allMatch(each -> each.equals(LongStream.rangeClosed(1, cycles).boxed().toList()));

      NetworkFaults faults =
          NetworkFaults.of(0.2, 0.1, Duration.ofMillis(5), 0.1, Duration.ZERO, 3);
      ReplayReport faulty =
          Replay.run(
              settings.withFaults(faults), KafkaTarget.of(kafka.bootstrapServers()), status -> {});

      Map<String, List<Long>> both = seqs(records(kafka));
      long more = both.values().stream().mapToLong(List::size).sum() - (long) ENGINES * cycles;
      assertThat(more).isEqualTo(faulty.faults().distinct() + faulty.faults().duplicated());
      Set<String> distinct = new HashSet<>();
      both.forEach(
          (id, each) ->
              each.subList(cycles, each.size()).forEach(seq -> distinct.add(id + "@" + seq)));
      assertThat((long) distinct.size()).isEqualTo(faulty.faults().distinct());
    }
  }

  @Test
  @Tag("full")
  void nothingIsLostOrDoubledWhenKafkaRestarts() throws Exception {
    int cycles = 3_000;
    Path file = recorded(cycles);
    ExecutorService replaying = Executors.newVirtualThreadPerTaskExecutor();
    LocalKafka kafka = LocalKafka.start(directory, SETTINGS);
    try {
      String servers = kafka.bootstrapServers();
      int port = Integer.parseInt(servers.substring(servers.lastIndexOf(':') + 1));
      CountDownLatch underWay = new CountDownLatch(1);
      // An hour of an engine in 0.5 ms: about ten seconds in all.
      ReplaySettings settings = ReplaySettings.of("turbofan", file, 7_200_000);
      Future<ReplayReport> replay =
          replaying.submit(
              () ->
                  Replay.run(
                      settings,
                      KafkaTarget.of(servers),
                      status -> {
                        if (status.acknowledged() > 0) {
                          underWay.countDown();
                        }
                      }));
      assertThat(underWay.await(60, TimeUnit.SECONDS)).isTrue();
      kafka.close();
      assertThat(replay.isDone()).as("stopped in the middle, not after it").isFalse();
      kafka = LocalKafka.start(directory, SETTINGS.withPort(port));

      assertThat(replay.get(120, TimeUnit.SECONDS).rows()).isEqualTo((long) ENGINES * cycles);
      assertThat(seqs(records(kafka)).values())
          .hasSize(ENGINES)
          .allMatch(each -> each.equals(LongStream.rangeClosed(1, cycles).boxed().toList()));
    } finally {
      replaying.shutdownNow();
      kafka.close();
    }
  }

  private Path recorded(int cycles) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int engine = 1; engine <= ENGINES; engine++) {
      for (int cycle = 1; cycle <= cycles; cycle++) {
        lines.add(engine + " " + cycle + VALUES);
      }
    }
    return Files.write(directory.resolve("train_made_up.txt"), lines, UTF_8);
  }

  /** The {@code seq} of each machine's records, in the order of its partition. */
  private static Map<String, List<Long>> seqs(List<ConsumerRecord<String, String>> records) {
    Map<String, List<Long>> seqs = new HashMap<>();
    Map<String, Integer> partitions = new HashMap<>();
    for (ConsumerRecord<String, String> each : records) {
      assertThat(each.value()).startsWith("{\"machine_id\":\"" + each.key() + "\",");
      assertThat(partitions.computeIfAbsent(each.key(), id -> each.partition()))
          .isEqualTo(each.partition());
      Matcher seq = SEQ.matcher(each.value());
      assertThat(seq.find()).isTrue();
      seqs.computeIfAbsent(each.key(), id -> new ArrayList<>()).add(Long.valueOf(seq.group(1)));
    }
    return seqs;
  }

  /** Everything in the topic. */
  private static List<ConsumerRecord<String, String>> records(LocalKafka kafka) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", kafka.bootstrapServers(), "auto.offset.reset", "earliest");
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(KafkaTarget.TOPIC).stream()
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      long expected =
          consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      for (int polls = 0; records.size() < expected && polls < 200; polls++) {
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      }
      assertThat((long) records.size()).isEqualTo(expected);
    }
    return records;
  }
}
