package twin.http.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.core.live.LiveHub;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.core.store.AlertSteps;
import twin.core.store.CoarseOffset;
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
    AlertTrail nothing =
        new AlertTrail(
            () -> CompletableFuture.completedFuture(CoarseOffset.BEGINNING),
            (place, limit) ->
                CompletableFuture.completedFuture(new AlertSteps(List.of(), place, false)),
            (place, most) -> CompletableFuture.completedFuture(OptionalLong.of(0)));
    return new LiveChanges(kit.system(), hub, nothing, InstantSource.system(), SETTINGS);
  }

  private static TwinChanged change(String machineId) {
    return new TwinChanged(MachineState.empty(machineId), List.of());
  }

  @Test
  void tellsWhatHappensOnAnotherNodeWhileSomebodyListens() {
    LiveHub here = new LiveHub();
    LiveHub there = new LiveHub();
    LiveChanges listening = node(FIRST, here);
    node(SECOND, there);
    LiveStates.Place begin = listening.states().now();
    listening.opened();

    here.accept(change("near"));
    // The other node hears after a while that somebody listens; until then it tells nothing.
    FIRST
        .createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              there.accept(change("far"));
              List<String> heard =
                  listening.states().take(begin, EVERYTHING, 10).states().stream()
                      .map(message -> message.json().utf8String())
                      .toList();
              assertThat(heard).anyMatch(json -> json.contains("\"machine_id\":\"near\""));
              assertThat(heard).anyMatch(json -> json.contains("\"machine_id\":\"far\""));
              return true;
            });
    listening.closed();
    assertThat(listening.states().take(begin, EVERYTHING, 10).states())
        .as("nothing is kept for nobody")
        .isEmpty();
  }

  private static final LiveStates.Wanted EVERYTHING =
      new LiveStates.Wanted(Optional.empty(), site -> true);

  @Test
  void keepsOnlyTheNewestOfAMachineAndNothingWhenNobodyListens() {
    Outbox outbox = new Outbox(2);
    outbox.offer(() -> changed("one", "lost"));
    assertThat(outbox.take()).isEmpty();
    outbox.open(true);
    outbox.offer(() -> changed("one", "first"));
    outbox.offer(() -> changed("two", "other"));
    outbox.offer(() -> changed("one", "second"));
    outbox.offer(() -> changed("three", "no room"));
    assertThat(outbox.take())
        .extracting(change -> new String(change.state().get(), StandardCharsets.UTF_8))
        .containsExactly("second", "other");
    assertThat(outbox.lost()).isEqualTo(1);
    outbox.open(false);
    outbox.offer(() -> changed("one", "lost too"));
    assertThat(outbox.take()).isEmpty();
  }

  private static LiveChange changed(String machineId, String state) {
    return new LiveChange(machineId, null, () -> state.getBytes(StandardCharsets.UTF_8));
  }
}
