package twin.http.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.core.live.LiveHub;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.http.HttpSettings;

/** A stream on one node tells what happens on another. */
final class LiveRelayTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = cluster
              pekko.actor.serialization-bindings."twin.core.machine.Message" = jackson-cbor
              pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
              pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
              pekko.coordinated-shutdown.exit-jvm = off
              twin.http.stream.interval = 100 ms
              """)
          .withFallback(ConfigFactory.load());
  private static final HttpSettings.StreamSettings SETTINGS =
      HttpSettings.of(CONFIG.getConfig("twin.http")).stream();
  private static final ActorTestKit FIRST = ActorTestKit.create("relay", CONFIG);
  private static final ActorTestKit SECOND = ActorTestKit.create("relay", CONFIG);

  @BeforeAll
  static void join() {
    Cluster first = Cluster.get(FIRST.system());
    for (ActorTestKit node : List.of(FIRST, SECOND)) {
      Cluster.get(node.system()).manager().tell(Join.create(first.selfMember().address()));
    }
    TestProbe<Object> probe = FIRST.createTestProbe();
    probe.awaitAssert(
        PATIENCE,
        () -> {
          assertThat(first.state().getMembers()).hasSize(2);
          return true;
        });
  }

  @AfterAll
  static void stop() {
    SECOND.shutdownTestKit();
    FIRST.shutdownTestKit();
  }

  private static LiveChanges node(ActorTestKit kit, LiveHub hub) {
    return new LiveChanges(kit.system(), hub, InstantSource.system(), SETTINGS);
  }

  private static TwinChanged change(String machineId) {
    return new TwinChanged(MachineState.empty(machineId), List.of());
  }

  @Test
  void tellsWhatHappensOnAnotherNodeWhileSomebodyListens() throws Exception {
    LiveHub here = new LiveHub();
    LiveHub there = new LiveHub();
    LiveChanges listening = node(FIRST, here);
    node(SECOND, there);
    SinkQueueWithCancel<LiveChange> stream =
        listening.changes(16).toMat(Sink.queue(), Keep.right()).run(FIRST.system());

    here.accept(change("near"));
    assertThat(next(stream).machineId()).isEqualTo("near");

    // The other node hears after a while that somebody listens; until then it tells nothing.
    TestProbe<Object> probe = FIRST.createTestProbe();
    var arriving = stream.pull().toCompletableFuture();
    probe.awaitAssert(
        PATIENCE,
        () -> {
          there.accept(change("far"));
          assertThat(arriving).isDone();
          return true;
        });
    LiveChange far = arriving.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).orElseThrow();
    assertThat(far.machineId()).isEqualTo("far");
    assertThat(new String(far.state().get(), StandardCharsets.UTF_8))
        .contains("\"machine_id\":\"far\"");
  }

  private static LiveChange next(SinkQueueWithCancel<LiveChange> stream) throws Exception {
    return stream
        .pull()
        .toCompletableFuture()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .orElseThrow();
  }

  @Test
  void keepsOnlyTheNewestOfAMachineAndNothingWhenNobodyListens() {
    Outbox outbox = new Outbox(SETTINGS);
    outbox.offer(() -> changed("one", "lost"));
    assertThat(outbox.take()).isEmpty();
    outbox.open(true);
    outbox.offer(() -> changed("one", "first"));
    outbox.offer(() -> changed("two", "other"));
    outbox.offer(() -> changed("one", "second"));
    List<LiveChange> taken = outbox.take();
    assertThat(taken).extracting(LiveChange::machineId).containsExactly("one", "two");
    assertThat(taken.getFirst().alerts())
        .extracting(alert -> new String(alert, StandardCharsets.UTF_8))
        .containsExactly("first", "second");
    outbox.open(false);
    outbox.offer(() -> changed("one", "lost too"));
    assertThat(outbox.take()).isEmpty();
  }

  private static LiveChange changed(String machineId, String alert) {
    return new LiveChange(
        machineId, null, () -> new byte[0], List.of(alert.getBytes(StandardCharsets.UTF_8)));
  }
}
