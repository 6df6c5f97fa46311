package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class MqttPublisherTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int MACHINES = 25;

  @TempDir private Path folder;

  @Test
  void publishesInOrderAndCountsAcknowledgements() throws Exception {
    try (var broker = EmbeddedBroker.start(folder);
        var publisher = MqttPublisher.start(target(broker.uri(), 10, 5_000))) {
      offer(publisher, 1, 2_000);

      assertThat(publisher.awaitIdle(PATIENCE)).isTrue();
      Delivery status = publisher.delivery();
      assertThat(status.acknowledged()).isEqualTo(2_000);
      assertThat(status.dropped() + status.rejected()).isZero();
      assertThat(status.connected()).isTrue();
      assertInOrder(broker.publishedSeqs(), 2_000);
    }
  }

  @Test
  void waitsForABrokerThatComesLate() throws Exception {
    var broker = EmbeddedBroker.start(folder);
    broker.stop();
    try (var publisher = MqttPublisher.start(target(broker.uri(), 10, 100))) {
      offer(publisher, 1, 50);
      assertThat(publisher.awaitIdle(Duration.ofSeconds(1))).isFalse();
      assertThat(publisher.delivery().lastError()).isNotNull();

      broker.startAgain();

      assertThat(publisher.awaitIdle(PATIENCE)).isTrue();
      assertInOrder(broker.publishedSeqs(), 50);
    } finally {
      broker.close();
    }
  }

  @Tag("full")
  @Test
  void losesNothingWhenTheBrokerRestarts() throws Exception {
    try (var broker = EmbeddedBroker.start(folder);
        var publisher = MqttPublisher.start(target(broker.uri(), 200, 10_000))) {
      for (int round = 0; round < 3; round++) {
        offer(publisher, round * 3_000 + 1, round * 3_000 + 2_000);
        // Stopped while readings are in flight, not after.
        broker.stop();
        offer(publisher, round * 3_000 + 2_001, round * 3_000 + 3_000);
        broker.startAgain();
        assertThat(publisher.awaitIdle(PATIENCE)).as("round %d", round).isTrue();
      }

      assertThat(publisher.delivery().acknowledged()).isEqualTo(9_000);
      // What was in flight may come twice, but everything comes.
      assertInOrder(List.copyOf(new LinkedHashSet<>(broker.publishedSeqs())), 9_000);
    }
  }

  @Test
  void dropsAtTheSourceBeyondItsBoundAndCountsIt() throws Exception {
    URI nobody = URI.create("mqtt://127.0.0.1:" + EmbeddedBroker.freePort());
    try (var publisher = MqttPublisher.start(target(nobody, 10, 100))) {
      offer(publisher, 1, 130);

      Delivery status = publisher.delivery();
      assertThat(status.waiting()).isEqualTo(100);
      assertThat(status.dropped()).isEqualTo(30);
      assertThat(status.connected()).isFalse();
      assertThat(publisher.awaitRoom(Duration.ofMillis(1))).isFalse();
    }
  }

  static MqttTarget target(URI uri, int inFlightMax, int waitingMax) {
    MqttTarget usual = MqttTarget.of(uri);
    return new MqttTarget(
        uri,
        usual.clientId(),
        null,
        null,
        inFlightMax,
        waitingMax,
        Duration.ofMillis(50),
        Duration.ofMillis(500),
        Duration.ofSeconds(5));
  }

  private static void offer(MqttPublisher publisher, int from, int to) {
    IntStream.rangeClosed(from, to).forEach(seq -> publisher.offer(reading(seq)));
  }

  private static void assertInOrder(List<Long> seqs, int all) {
    assertThat(seqs).hasSize(all);
    for (int machine = 0; machine < MACHINES; machine++) {
      int number = machine;
      assertThat(seqs.stream().filter(seq -> seq % MACHINES == number))
          .containsExactlyElementsOf(
              LongStream.rangeClosed(1, all)
                  .filter(seq -> seq % MACHINES == number)
                  .boxed()
                  .toList());
    }
  }

  private static Reading reading(int seq) {
    return new Reading(
        "machine-%03d".formatted(seq % MACHINES),
        "milling",
        Instant.EPOCH,
        seq,
        Map.of(),
        Map.of());
  }
}
