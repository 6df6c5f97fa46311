package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FleetAndReplayTest {
  @TempDir private Path folder;

  @Test
  void aFleetPublishesEveryReadingItHasTaken() throws Exception {
    try (var broker = EmbeddedBroker.start(folder.resolve("broker"))) {
      Fleet closed;
      try (var fleet = Fleet.start(settings(20), target(broker.uri()), Clock.systemUTC())) {
        assertThat(fleet.machineIds()).hasSize(20).startsWith("machine-001", "machine-002");
        awaitAcknowledged(fleet, 200);
        closed = fleet;
      }

      SimulatorStatus last = closed.status();
      assertThat(last.running()).isFalse();
      assertThat(last.acknowledged()).isEqualTo(last.taken());
      assertThat(last.dropped() + last.rejected()).isZero();
      List<String> published = broker.published();
      assertThat((long) published.size()).isEqualTo(last.taken());
      for (String id : List.of("machine-001", "machine-020")) {
        List<Long> seqs = seqs(published, id);
        assertThat(seqs)
            .containsExactlyElementsOf(
                LongStream.range(seqs.get(0), seqs.get(0) + seqs.size()).boxed().toList());
      }
    }
  }

  @Tag("full")
  @Test
  void aFleetStartedAgainGoesOnAboveWhereItEnded() throws Exception {
    try (var broker = EmbeddedBroker.start(folder.resolve("broker"))) {
      for (int run = 0; run < 2; run++) {
        try (var fleet = Fleet.start(settings(1), target(broker.uri()), Clock.systemUTC())) {
          awaitAcknowledged(fleet, 20);
        }
      }

      List<String> published = broker.published();
      assertThat(published).hasSizeGreaterThanOrEqualTo(40);
      assertThat(seqs(published, "machine-001")).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void aProfileIsSetForOneMachine() throws Exception {
    URI nobody = URI.create("mqtt://127.0.0.1:" + EmbeddedBroker.freePort());
    MqttTarget target = MqttPublisherTest.target(nobody, 10, 100);
    try (var fleet = Fleet.start(settings(2), withoutDrain(target), Clock.systemUTC())) {
      fleet.setProfile("machine-002", "overstrain", Duration.ofHours(1));

      assertThat(fleet.profile("machine-001")).isEqualTo("normal");
      assertThat(fleet.profile("machine-002")).isEqualTo("overstrain");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fleet.setProfile("machine-3", "normal"))
          .withMessage(
              "There is no simulated machine 'machine-3'; there are machine-001 to machine-002.");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fleet.setProfile("machine-001", "normal", Duration.ZERO));
    }
  }

  @Test
  void aReplaySendsEveryRowOnceAndSaysSo() throws Exception {
    try (var broker = EmbeddedBroker.start(folder.resolve("broker"))) {
      List<SimulatorStatus> progress = new ArrayList<>();

      ReplayReport report =
          Replay.run(ReplaySettings.of(recorded(), 0), target(broker.uri()), progress::add);

      assertThat(report.rows()).isEqualTo(600);
      assertThat(report.machines()).isEqualTo(2);
      assertThat(progress.getLast().acknowledged()).isEqualTo(600);
      List<String> published = broker.published();
      assertThat(published).hasSize(600);
      assertThat(seqs(published, "ai4i-0001"))
          .isEqualTo(LongStream.rangeClosed(1, 300).boxed().toList());
      assertThat(seqs(published, "ai4i-0501"))
          .isEqualTo(LongStream.rangeClosed(501, 800).boxed().toList());
    }
  }

  @Test
  void aReplayAtASpeedSendsTheSameRows() throws Exception {
    try (var broker = EmbeddedBroker.start(folder.resolve("broker"))) {
      ReplayReport report =
          Replay.run(ReplaySettings.of(recorded(), 60_000), target(broker.uri()), status -> {});

      assertThat(report.rows()).isEqualTo(600);
      assertThat(broker.published()).hasSize(600);
    }
  }

  @Test
  void aReplayGivesUpWhereNoBrokerIs() throws Exception {
    URI nobody = URI.create("mqtt://127.0.0.1:" + EmbeddedBroker.freePort());
    var settings =
        ReplaySettings.of(recorded(), 0)
            .withTimeouts(Duration.ofMillis(300), Duration.ofMillis(100));

    assertThatThrownBy(() -> Replay.run(settings, target(nobody), status -> {}))
        .isInstanceOf(PublishException.class)
        .hasMessageContaining("127.0.0.1")
        .hasMessageContaining("0 of");
  }

  @Test
  void aFileThatIsNoRecordingIsRefusedBeforeAnythingIsSent() throws Exception {
    URI nobody = URI.create("mqtt://127.0.0.1:" + EmbeddedBroker.freePort());
    Path file = Files.writeString(folder.resolve("other.csv"), "a,b\n1,2\n");

    assertThatThrownBy(() -> Replay.run(ReplaySettings.of(file, 0), target(nobody), status -> {}))
        .isInstanceOf(RecordedDataException.class);
  }

  @Test
  void anEngineThatFailsIsOverhauledAndGoesOn() throws Exception {
    try (var broker = EmbeddedBroker.start(folder.resolve("broker"))) {
      var overhauled = new LinkedBlockingQueue<String>();
      FleetSettings settings = FleetSettings.of("turbofan", 2, 500, 42).withProfile("degrading");
      try (var fleet =
          Fleet.start(settings, target(broker.uri()), Clock.systemUTC(), overhauled::add)) {
        assertThat(fleet.profile("engine-001")).isEqualTo("degrading");
        String first = overhauled.poll(60, TimeUnit.SECONDS);
        long then = fleet.status().taken();
        assertThat(first).isIn(fleet.machineIds());
        awaitAcknowledged(fleet, then + 50);
      }

      List<Long> seqs = seqs(broker.published(), "engine-001");
      assertThat(seqs)
          .containsExactlyElementsOf(
              LongStream.range(seqs.getFirst(), seqs.getFirst() + seqs.size()).boxed().toList());
    }
  }

  @Test
  void afterFaultsTheBrokerHasExactlyTheReadingsThatWereCounted() throws Exception {
    var faults = NetworkFaults.of(0.2, 0.2, Duration.ofMillis(50), 0.1, Duration.ofSeconds(5), 7);
    try (var broker = EmbeddedBroker.start(folder.resolve("broker"))) {
      Fleet closed;
      try (var fleet =
          Fleet.start(settings(10).withFaults(faults), target(broker.uri()), Clock.systemUTC())) {
        awaitAcknowledged(fleet, 400);
        closed = fleet;
      }

      SimulatorStatus last = closed.status();
      FaultCounts counts = last.faults();
      List<String> published = broker.published();
      assertThat((long) published.size()).isEqualTo(last.acknowledged());
      assertThat((long) Set.copyOf(published).size())
          .as("each reading is the same in all its copies")
          .isEqualTo(counts.distinct());
      assertThat(counts.distinct()).isEqualTo(last.taken() - counts.lost());
      assertThat(counts.distinct() + counts.duplicated()).isEqualTo(last.acknowledged());
      assertThat(counts.held()).isZero();
      assertThat(List.of(counts.lost(), counts.duplicated(), counts.reordered()))
          .allMatch(count -> count > 0);
      assertThat(seqs(published, "machine-003")).isNotEmpty();
    }
  }

  @Test
  void aReplayThroughFaultsSaysWhatArrives() throws Exception {
    var faults = NetworkFaults.of(0.3, 0.1, Duration.ofMillis(20), 0.05, Duration.ZERO, 7);
    try (var broker = EmbeddedBroker.start(folder.resolve("broker"))) {
      ReplayReport report =
          Replay.run(
              ReplaySettings.of(recorded(), 0).withFaults(faults),
              target(broker.uri()),
              status -> {});

      assertThat(report.rows()).isEqualTo(600);
      assertThat(report.faults().lost()).isPositive();
      assertThat(Set.copyOf(broker.publishedSeqs()))
          .hasSize((int) report.faults().distinct())
          .hasSize((int) (600 - report.faults().lost()));
    }
  }

  private static void awaitAcknowledged(Fleet fleet, long count) {
    // The test's own time limit bounds this.
    while (fleet.status().acknowledged() < count) {
      Thread.onSpinWait();
    }
  }

  private Path recorded() throws Exception {
    List<String> lines = new ArrayList<>(List.of(RecordedMillingTest.HEADER));
    IntStream.rangeClosed(1, 300).mapToObj(RecordedMillingTest::row).forEach(lines::add);
    IntStream.rangeClosed(501, 800).mapToObj(RecordedMillingTest::row).forEach(lines::add);
    return Files.write(folder.resolve("recorded.csv"), lines);
  }

  private static List<Long> seqs(List<String> published, String machineId) {
    return published.stream()
        .filter(json -> json.contains("\"machine_id\":\"" + machineId + "\""))
        .map(EmbeddedBroker::seq)
        .toList();
  }

  private static FleetSettings settings(int machines) {
    return FleetSettings.milling(machines, 20, 42);
  }

  private static MqttTarget target(URI uri) {
    return MqttPublisherTest.target(uri, 100, 10_000);
  }

  private static MqttTarget withoutDrain(MqttTarget target) {
    return new MqttTarget(
        target.uri(),
        target.clientId(),
        null,
        null,
        target.inFlightMax(),
        target.waitingMax(),
        target.reconnectDelayMin(),
        target.reconnectDelayMax(),
        Duration.ofMillis(1));
  }
}
