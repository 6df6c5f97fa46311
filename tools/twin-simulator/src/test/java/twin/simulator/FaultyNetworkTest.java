package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FaultyNetworkTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final int MACHINES = 7;
  private static final int READINGS = 5_000;
  private static final long STEP_NANOS = 1_000_000;

  @Test
  void withoutFaultsEveryReadingGoesOutAtOnceAsItCame() {
    var network = new FaultyNetwork(NetworkFaults.none());

    List<Reading> sent = pass(network, READINGS);

    assertThat(sent).isEqualTo(LongStream.range(0, READINGS).mapToObj(i -> reading(i)).toList());
    assertThat(network.counts()).isEqualTo(new FaultCounts(READINGS, 0, 0, 0, 0));
  }

  @Test
  void theSameSeedSpoilsTheSameReadings() {
    NetworkFaults faults =
        NetworkFaults.of(0.1, 0.1, Duration.ofMillis(30), 0.1, Duration.ofSeconds(3), 5);
    NetworkFaults others =
        NetworkFaults.of(0.1, 0.1, Duration.ofMillis(30), 0.1, Duration.ofSeconds(3), 6);

    assertThat(pass(new FaultyNetwork(faults), READINGS))
        .isEqualTo(pass(new FaultyNetwork(faults), READINGS))
        .isNotEqualTo(pass(new FaultyNetwork(others), READINGS));
  }

  @Test
  void whatIsCountedIsWhatHappened() {
    for (long seed = 0; seed < 20; seed++) {
      var network =
          new FaultyNetwork(
              NetworkFaults.of(0.2, 0.15, Duration.ofMillis(30), 0.1, Duration.ZERO, seed));

      List<Reading> sent = pass(network, READINGS);

      FaultCounts counts = network.counts();
      Set<Reading> distinct = new HashSet<>(sent);
      assertThat((long) distinct.size()).as("seed %d", seed).isEqualTo(counts.distinct());
      assertThat(counts.distinct() + counts.lost()).isEqualTo(READINGS);
      assertThat((long) sent.size()).isEqualTo(counts.distinct() + counts.duplicated());
      assertThat(overtaken(sent)).isEqualTo(counts.reordered());
      assertThat(counts.held()).isZero();
      // Parts as asked for, within what chance allows.
      assertThat(counts.lost() / (double) READINGS).isBetween(0.08, 0.12);
      assertThat(counts.duplicated() / (double) counts.distinct()).isBetween(0.17, 0.23);
      assertThat(counts.reordered() / (double) counts.distinct()).isBetween(0.07, 0.16);
    }
  }

  @Test
  void aReadingIsNeverChangedButForItsMachinesClock() {
    var network =
        new FaultyNetwork(NetworkFaults.of(0, 0, Duration.ZERO, 0, Duration.ofSeconds(10), 1));
    Map<String, Set<Duration>> skews = new HashMap<>();

    for (Reading sent : pass(network, READINGS)) {
      Reading original = reading(sent.seq());
      assertThat(sent.at(original.timestamp())).isEqualTo(original);
      skews
          .computeIfAbsent(sent.machineId(), id -> new HashSet<>())
          .add(Duration.between(original.timestamp(), sent.timestamp()));
    }

    assertThat(skews.values()).allMatch(each -> each.size() == 1);
    assertThat(skews.values().stream().flatMap(Set::stream).distinct().toList())
        .hasSizeGreaterThan(MACHINES / 2)
        .allMatch(skew -> skew.abs().compareTo(Duration.ofSeconds(10)) <= 0);
  }

  @Test
  void delayHoldsBackAndKeepsTheOrderOfEachMachine() {
    var network =
        new FaultyNetwork(NetworkFaults.of(0, 0, Duration.ofMillis(100), 0, Duration.ZERO, 1));
    network.take(reading(0), 0);
    assertThat(network.poll(-1)).as("nothing is early").isNull();
    assertThat(network.nanosUntilNext(0)).isBetween(0L, 100_000_000L);
    assertThat(network.poll(100_000_001)).isNotNull();

    List<Reading> sent =
        pass(
            new FaultyNetwork(NetworkFaults.of(0, 0, Duration.ofMillis(100), 0, Duration.ZERO, 1)),
            READINGS);

    assertThat(sent).hasSize(READINGS);
    assertThat(overtaken(sent)).isZero();
    assertThat(sent.stream().map(Reading::seq).toList())
        .as("machines overtake each other")
        .isNotEqualTo(LongStream.range(0, READINGS).boxed().toList());
  }

  @Test
  void whenTooManyAreHeldBackTheFirstGoesEarly() {
    var network =
        new FaultyNetwork(new NetworkFaults(0, 0, Duration.ofHours(1), 0, Duration.ZERO, 1, 10));
    List<Reading> sent = new ArrayList<>();

    for (long i = 0; i < 25; i++) {
      network.take(reading(i), 0);
      drain(network, 0, sent);
      assertThat(network.counts().held()).isLessThanOrEqualTo(10);
    }

    assertThat(sent).hasSize(15);
    network.release(0);
    drain(network, 0, sent);
    assertThat(new HashSet<>(sent)).hasSize(25);
  }

  @Test
  void aCopyThatWasDroppedAtTheSourceIsNotCountedAsSent() {
    var network = new FaultyNetwork(NetworkFaults.of(1, 0, Duration.ZERO, 0, Duration.ZERO, 1));
    network.take(reading(0), 0);
    network.release(0);

    network.handedOver(Objects.requireNonNull(network.poll(0)), false);
    assertThat(network.counts().distinct()).isZero();
    network.handedOver(Objects.requireNonNull(network.poll(0)), true);
    assertThat(network.counts().distinct()).isEqualTo(1);
    assertThat(network.poll(0)).isNull();
  }

  private static List<Reading> pass(FaultyNetwork network, int readings) {
    List<Reading> sent = new ArrayList<>();
    long nanos = 0;
    for (long i = 0; i < readings; i++) {
      nanos = i * STEP_NANOS;
      network.take(reading(i), nanos);
      drain(network, nanos, sent);
    }
    network.release(nanos);
    drain(network, nanos, sent);
    return sent;
  }

  private static void drain(FaultyNetwork network, long nanos, List<Reading> sent) {
    FaultyNetwork.Passage passage = network.poll(nanos);
    while (passage != null) {
      sent.add(passage.reading());
      network.handedOver(passage, true);
      passage = network.poll(nanos);
    }
  }

  /** Readings whose first copy comes behind a later reading of the same machine. */
  private static long overtaken(List<Reading> sent) {
    Map<String, Long> highest = new HashMap<>();
    Set<Long> seen = new HashSet<>();
    long overtaken = 0;
    for (Reading reading : sent) {
      if (seen.add(reading.seq())) {
        overtaken += highest.getOrDefault(reading.machineId(), -1L) > reading.seq() ? 1 : 0;
        highest.merge(reading.machineId(), reading.seq(), Math::max);
      }
    }
    return overtaken;
  }

  private static Reading reading(long seq) {
    return new Reading(
        "machine-" + seq % MACHINES,
        "milling",
        START.plusMillis(seq),
        seq,
        Map.of("variant", "L"),
        Map.of("rpm", ChannelValue.rounded(Math.toIntExact(1_000 + seq), 0)));
  }
}
