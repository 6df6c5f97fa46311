package twin.core.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;

final class LiveHubTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final ActorTestKit KIT = ActorTestKit.create("live");

  private final LiveHub hub = new LiveHub();

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private static TwinChanged change(int number) {
    return new TwinChanged(MachineState.empty("m-" + number), List.of());
  }

  private static List<String> ids(int... numbers) {
    return IntStream.of(numbers).mapToObj(number -> "m-" + number).toList();
  }

  /** A watcher that takes a change only when it is asked to, with one in its hands. */
  private SinkQueueWithCancel<TwinChanged> watcher(int bufferSize) {
    return hub.changes(bufferSize)
        .runWith(
            Sink.<TwinChanged>queue(1).withAttributes(Attributes.inputBuffer(1, 1)), KIT.system());
  }

  private static String next(SinkQueueWithCancel<TwinChanged> watcher)
      throws InterruptedException, ExecutionException, TimeoutException {
    return watcher
        .pull()
        .toCompletableFuture()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .orElseThrow()
        .state()
        .machineId();
  }

  private static List<String> next(int count, SinkQueueWithCancel<TwinChanged> watcher)
      throws InterruptedException, ExecutionException, TimeoutException {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(next(watcher));
    }
    return ids;
  }

  @Test
  void aSlowWatcherLosesTheOldestChangesAndOthersLoseNothing()
      throws InterruptedException, ExecutionException, TimeoutException {
    SinkQueueWithCancel<TwinChanged> slow = watcher(4);
    SinkQueueWithCancel<TwinChanged> patient = watcher(100);
    List<String> called = new ArrayList<>();
    hub.subscribe(changed -> called.add(changed.state().machineId()));
    hub.accept(change(0));
    assertThat(next(slow)).isEqualTo("m-0");
    IntStream.rangeClosed(1, 10).forEach(number -> hub.accept(change(number)));
    // The one that it had in its hands, and the newest four.
    assertThat(next(5, slow)).isEqualTo(ids(1, 7, 8, 9, 10));
    assertThat(next(11, patient)).isEqualTo(ids(IntStream.rangeClosed(0, 10).toArray()));
    assertThat(called).isEqualTo(ids(IntStream.rangeClosed(0, 10).toArray()));
  }

  @Test
  void aWatcherHearsOnlyWhatHappensFromThenOn()
      throws InterruptedException, ExecutionException, TimeoutException {
    hub.accept(change(1));
    SinkQueueWithCancel<TwinChanged> watcher = watcher(4);
    hub.accept(change(2));
    assertThat(next(watcher)).isEqualTo("m-2");
  }

  @Test
  void aStreamThatHasFinishedIsForgotten()
      throws InterruptedException, ExecutionException, TimeoutException {
    SinkQueueWithCancel<TwinChanged> leaving = watcher(4);
    SinkQueueWithCancel<TwinChanged> staying = watcher(4);
    hub.accept(change(1));
    assertThat(next(leaving)).isEqualTo("m-1");
    assertThat(next(staying)).isEqualTo("m-1");
    assertThat(hub.watchers()).isEqualTo(2);
    leaving.cancel();
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertThat(hub.watchers()).isEqualTo(1);
              return true;
            });
    hub.accept(change(2));
    assertThat(next(staying)).isEqualTo("m-2");
    assertThatThrownBy(() -> next(leaving)).isInstanceOf(ExecutionException.class);
  }
}
