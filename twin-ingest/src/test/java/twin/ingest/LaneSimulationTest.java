package twin.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import twin.core.store.DeadLetter;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.ReadingCodec;

/**
 * Lanes of a consumer group in virtual time, with everything around them going wrong by chance:
 * answers get lost, shards move, twins are slow, nodes die, partitions change hands, the broker and
 * the database go away. The recorder, the retries, the codec and what twins decide are the real
 * ones. A failing run is repeated by its seed.
 */
class LaneSimulationTest {

  private static final Instant NOW = Instant.parse("2025-11-07T15:10:01Z");
  private static final Instant FIRST = Instant.parse("2025-01-01T00:00:00Z");
  private static final IngestSettings SETTINGS = IngestSettings.from(ConfigFactory.load());
  private static final Pattern ID = Pattern.compile("id-([0-9]+)-([0-9]+)-");

  private static final int PARTITIONS = 3;
  private static final int MACHINES = 6;
  private static final int READINGS = 150;
  private static final long TROUBLE_MS = 120_000;
  private static final long END_MS = 1_200_000;
  private static final long SESSION_MS = 6_000;

  @RepeatedTest(150)
  void whatIsCommittedIsKeptOnceAndInOrder(RepetitionInfo repetition) {
    long seed = 7_919L * repetition.getCurrentRepetition();
    try {
      new Simulation(seed).run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  /** A record of a partition: readings of one machine, or something that is none. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Message(int partition, long offset, byte[] payload, List<Integer> readings) {}

  private static final class Simulation {

    private final Random random;
    private final VirtualTime time = new VirtualTime();
    private final SimulatedTwins twins;
    private final IngestMetrics metrics = new IngestMetrics();
    private final ReadingCodec codec = new ReadingCodec(SETTINGS.codec());
    private final List<List<Message>> logs = new ArrayList<>();
    private final long[] committed = new long[PARTITIONS];
    private final Set<String> deadLetters = new HashSet<>();
    private final Set<Long> deadRecords = new HashSet<>();
    private final List<Node> nodes = new ArrayList<>();
    private final int[] ownerOf = new int[PARTITIONS];
    private final boolean devicesAreGood;
    private boolean tableAway;
    private boolean brokerAway;
    private int arrivedOfEach;
    private long batches;

    Simulation(long seed) {
      random = new Random(seed);
      twins = new SimulatedTwins(time, random, NOW);
      // Half of the runs are without anything to reject; there more can be said at the end.
      devicesAreGood = seed % 2 == 0;
      for (int partition = 0; partition < PARTITIONS; partition++) {
        logs.add(new ArrayList<>());
      }
      for (int node = 0; node < 2; node++) {
        nodes.add(new Node(node));
      }
    }

    void run() {
      produce();
      for (int partition = 0; partition < PARTITIONS; partition++) {
        ownerOf[partition] = partition % nodes.size();
        nodes.get(ownerOf[partition]).take(partition);
      }
      trouble();
      time.runUntil(TROUBLE_MS);
      time.runUntil(END_MS);
      for (int partition = 0; partition < PARTITIONS; partition++) {
        assertThat(committed[partition])
            .as("everything of partition %d is committed in the end", partition)
            .isEqualTo(logs.get(partition).size());
      }
      for (int machine = 0; machine < MACHINES; machine++) {
        check(machine);
      }
      assertThat(batches).as("messages were taken together").isLessThan(2L * sizeOfAll());
    }

    private long sizeOfAll() {
      return logs.stream().mapToLong(List::size).sum();
    }

    /** Readings arrive over the time of trouble; nothing is older than the bound of lateness. */
    private void produce() {
      int[] next = new int[MACHINES];
      boolean more = true;
      while (more) {
        more = false;
        for (int machine = 0; machine < MACHINES; machine++) {
          if (next[machine] < READINGS) {
            int count = Math.min(READINGS - next[machine], random.nextInt(8) == 0 ? 3 : 1);
            add(machine, next[machine], count);
            next[machine] += count;
            more |= next[machine] < READINGS;
          }
        }
      }
      arrive();
    }

    private void arrive() {
      arrivedOfEach += 1 + random.nextInt(6);
      time.after(random.nextInt(3_000), this::arrive);
    }

    private void add(int machine, int first, int count) {
      List<Message> log = logs.get(machine % PARTITIONS);
      List<Integer> numbers = new ArrayList<>();
      List<String> texts = new ArrayList<>();
      for (int i = first; i < first + count; i++) {
        numbers.add(i);
        texts.add(reading(machine, i));
      }
      String payload = count == 1 ? texts.getFirst() : texts.toString();
      log.add(new Message(machine % PARTITIONS, log.size(), payload.getBytes(UTF_8), numbers));
    }

    /** Machines with odd numbers send no seq: what they sent is known by time or offset alone. */
    private String reading(int machine, int number) {
      String id = "id-%d-%d-".formatted(machine, number);
      int kind = devicesAreGood ? 0 : random.nextInt(60);
      if (kind == 1) {
        return "{\"machine_id\":\"m%d\",\"id\":\"%s\",\"p\":1}".formatted(machine, id);
      }
      String seq = machine % 2 == 0 ? "\"seq\":%d,".formatted(number) : "";
      String more = kind == 2 ? ",\"guilty\":1" : kind == 3 ? ",\"machine_type\":\"auto\"" : "";
      return "{\"machine_id\":\"m%d\",\"timestamp\":\"%s\",%s\"id\":\"%s\",\"p\":%d%s}"
          .formatted(machine, timeOf(number), seq, id, number % 10, more);
    }

    private static Instant timeOf(int number) {
      return FIRST.plusSeconds(20L * number);
    }

    private void trouble() {
      if (time.nowMillis() > TROUBLE_MS - 30_000) {
        twins.lose(0);
        return;
      }
      switch (random.nextInt(9)) {
        case 0 -> twins.lose(random.nextDouble() * 0.3);
        case 1 -> twins.lose(0);
        case 2, 3 -> twins.move("m" + random.nextInt(MACHINES));
        case 4 -> {
          String machine = "m" + random.nextInt(MACHINES);
          twins.slowDown(machine, random.nextInt(12_000));
          time.after(random.nextInt(20_000), () -> twins.slowDown(machine, 0));
        }
        case 5 -> {
          twins.databaseAway(true);
          tableAway = true;
          time.after(
              random.nextInt(15_000),
              () -> {
                twins.databaseAway(false);
                tableAway = false;
              });
        }
        case 6 -> {
          brokerAway = true;
          time.after(random.nextInt(10_000), () -> brokerAway = false);
        }
        case 7 -> nodes.get(random.nextInt(nodes.size())).kill();
        default -> handOver(random.nextInt(PARTITIONS), random.nextInt(nodes.size()));
      }
      time.after(random.nextInt(4_000), this::trouble);
    }

    private void handOver(int partition, int to) {
      if (!nodes.get(to).alive || ownerOf[partition] == to) {
        return;
      }
      nodes.get(ownerOf[partition]).giveUp(partition);
      ownerOf[partition] = to;
      time.after(random.nextInt(500), () -> nodes.get(to).take(partition));
    }

    private CompletionStage<?> insert(List<DeadLetter.Arrival> letters) {
      if (tableAway || random.nextInt(10) == 0) {
        return CompletableFuture.failedStage(new TimeoutException("simulated"));
      }
      CompletableFuture<Integer> inserted = new CompletableFuture<>();
      time.after(
          1 + random.nextInt(20),
          () -> {
            letters.forEach(letter -> ids(letter.payload()).forEach(deadLetters::add));
            inserted.complete(letters.size());
          });
      return inserted;
    }

    private static List<String> ids(byte[] payload) {
      List<String> ids = new ArrayList<>();
      Matcher matcher = ID.matcher(new String(payload, UTF_8));
      while (matcher.find()) {
        ids.add(matcher.group());
      }
      return ids;
    }

    private CompletionStage<Done> toTopic(List<Lane.Rejection<Message>> rejections) {
      if (brokerAway) {
        return CompletableFuture.failedStage(new TimeoutException("simulated"));
      }
      for (Lane.Rejection<Message> rejection : rejections) {
        Message message = rejection.delivery().message();
        deadRecords.add(message.partition() * 1_000_000L + message.offset());
      }
      return CompletableFuture.completedStage(Done.getInstance());
    }

    private void commit(int partition, long offset) {
      List<Message> log = logs.get(partition);
      for (long done = Math.min(committed[partition], offset); done < offset; done++) {
        Message message = log.get((int) done);
        for (int number : message.readings()) {
          int machine = machineOf(message, number);
          boolean recorded = twins.has("m" + machine, timeOf(number));
          boolean dead =
              deadLetters.contains("id-%d-%d-".formatted(machine, number))
                  && deadRecords.contains(partition * 1_000_000L + done);
          assertThat(recorded || dead)
              .as("reading %d of m%d is committed, so it is kept", number, machine)
              .isTrue();
        }
      }
      committed[partition] = offset;
    }

    private static int machineOf(Message message, int number) {
      for (String id : ids(message.payload())) {
        Matcher matcher = ID.matcher(id);
        if (matcher.matches() && Integer.parseInt(matcher.group(2)) == number) {
          return Integer.parseInt(matcher.group(1));
        }
      }
      throw new AssertionError("no reading " + number);
    }

    private void check(int machine) {
      List<Instant> journal = twins.journalOf("m" + machine);
      assertThat(journal).as("journal of m%d", machine).doesNotHaveDuplicates().isSorted();
      if (devicesAreGood) {
        assertThat(journal).as("journal of m%d", machine).hasSize(READINGS);
        assertThat(deadLetters).isEmpty();
      }
    }

    /** A member of the group. */
    private final class Node {

      private final int number;
      private final List<PartitionLane> lanes = new ArrayList<>();
      private boolean alive = true;

      Node(int number) {
        this.number = number;
      }

      void take(int partition) {
        if (alive && ownerOf[partition] == number) {
          PartitionLane lane = new PartitionLane(this, partition, committed[partition]);
          lanes.add(lane);
          lane.go();
        }
      }

      void giveUp(int partition) {
        lanes.stream()
            .filter(lane -> lane.partition == partition)
            .forEach(lane -> lane.held = false);
        lanes.removeIf(lane -> lane.partition == partition);
      }

      /** Dies; what it has sent is still under way. */
      void kill() {
        if (!alive) {
          return;
        }
        alive = false;
        lanes.forEach(lane -> lane.held = false);
        lanes.clear();
        time.after(
            SESSION_MS,
            () -> {
              for (int partition = 0; partition < PARTITIONS; partition++) {
                if (ownerOf[partition] == number) {
                  int other = (number + 1) % nodes.size();
                  handOver(partition, nodes.get(other).alive ? other : number);
                }
              }
            });
        time.after(SESSION_MS + random.nextInt(10_000), this::restart);
      }

      private void restart() {
        alive = true;
        for (int partition = 0; partition < PARTITIONS; partition++) {
          if (ownerOf[partition] == number) {
            take(partition);
          }
        }
      }

      /** A lane has given up: the consumer starts anew from what is committed. */
      void startAgain() {
        if (!alive) {
          return;
        }
        alive = false;
        lanes.forEach(lane -> lane.held = false);
        lanes.clear();
        time.after(500 + random.nextInt(3_000), this::restart);
      }
    }

    /** What carries a partition on a node. */
    private final class PartitionLane {

      private final Node node;
      private final int partition;
      private final Lane<Message> lane;
      private long position;
      private long nextCommitMillis;
      private boolean held = true;

      PartitionLane(Node node, int partition, long from) {
        this.node = node;
        this.partition = partition;
        this.position = from;
        Retrying asking =
            new Retrying(new IngestSettings.Retry(6, millis(100), millis(3_000)), time);
        Retrying keeping =
            new Retrying(new IngestSettings.Retry(5, millis(200), millis(5_000)), time);
        this.lane =
            new Lane<>(
                List.of("topic/" + partition),
                new Recorder(twins, "kafka", "topic/" + partition + "/id", asking, metrics),
                new DeadLetters(Simulation.this::insert, json -> {}, keeping, metrics, 64 * 1024),
                (rejections, wanted) ->
                    keeping.run(() -> toTopic(rejections), wanted, failure -> {}),
                metrics);
      }

      private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
      }

      void go() {
        if (!held) {
          return;
        }
        List<Message> taken = brokerAway ? List.of() : arrived();
        if (taken.isEmpty()) {
          time.after(20 + random.nextInt(80), this::go);
          return;
        }
        position = taken.getLast().offset() + 1;
        batches++;
        List<Lane.Part<Message>> parts = new ArrayList<>();
        for (Message message : taken) {
          Delivery<Message> delivery = delivery(message);
          delivery.partsAre(1);
          parts.add(new Lane.Part<>(delivery, 0, delivery.members()));
        }
        lane.makeDurable(parts, () -> held).whenComplete((back, failure) -> done(back, failure));
      }

      private List<Message> arrived() {
        List<Message> log = logs.get(partition);
        long end =
            Math.min(Math.min(log.size(), (long) arrivedOfEach), position + 1 + random.nextInt(20));
        return position >= end ? List.of() : List.copyOf(log.subList((int) position, (int) end));
      }

      private Delivery<Message> delivery(Message message) {
        return Delivery.decoded(
            message,
            "kafka",
            "topic",
            NOW,
            message.payload(),
            payload ->
                codec.decode(payload, null).stream()
                    .map(
                        member ->
                            member instanceof Decoded.Intact intact
                                ? new Decoded.Intact(
                                    intact.reading().at(message.offset()),
                                    intact.from(),
                                    intact.to())
                                : member)
                    .toList());
      }

      private void done(@Nullable List<Message> back, @Nullable Throwable failure) {
        if (!held) {
          return;
        }
        if (failure != null || back == null) {
          node.startAgain();
          return;
        }
        long offset = back.getLast().offset() + 1;
        // Commits of a partition keep their order.
        nextCommitMillis = Math.max(nextCommitMillis, time.nowMillis() + random.nextInt(250));
        time.after(
            nextCommitMillis - time.nowMillis(),
            () -> {
              if (held && brokerAway) {
                node.startAgain();
              } else if (held) {
                commit(partition, offset);
              }
            });
        go();
      }
    }
  }
}
