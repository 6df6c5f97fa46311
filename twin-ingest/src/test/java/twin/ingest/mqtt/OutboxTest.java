package twin.ingest.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.junit.jupiter.api.Test;
import twin.ingest.mqtt.Outbox.Letter;
import twin.ingest.mqtt.Outbox.Next;

class OutboxTest {

  private static final long SECOND = 1_000_000_000L;

  private final MqttSettings.Publish settings =
      new MqttSettings.Publish(
          "twin-out", 3, 2, 4, Duration.ofSeconds(1), 20, 3, Duration.ofSeconds(1));
  private final Outbox outbox = new Outbox(settings, 0);

  @Test
  void givesAlertsThenDeadLettersThenStates() {
    state("m-1", "state");
    outbox.deadLetter(bytes("dead letter"));
    outbox.alert("m-1", bytes("first"));
    outbox.alert("m-2", bytes("second"));
    assertThat(sendAll(0)).containsExactly("first", "second", "dead letter", "state");
    assertThat(outbox.next(0)).isEqualTo(new Next.Idle());
  }

  @Test
  void tellsWhoeverWaitsWhatBecameOfANotification() {
    CompletableFuture<Done> sent = outbox.notification("t/1", bytes("sent"));
    CompletableFuture<Done> givenUp = outbox.notification("t/2", bytes("given up"));
    CompletableFuture<Done> lost = outbox.notification("t/3", bytes("lost"));
    givenUp.cancel(false);
    Next.Send first = (Next.Send) outbox.next(0);
    outbox.returned(first.letter());
    assertThat(sent).as("it is sent again").isNotDone();
    outbox.sent(((Next.Send) outbox.next(0)).letter());
    assertThat(sent).isCompleted();
    Letter last = ((Next.Send) outbox.next(0)).letter();
    assertThat(last.payload().get()).asString().isEqualTo("lost");
    outbox.dropped(last);
    assertThat(lost).isCompletedExceptionally();
    outbox.close();
    assertThat(outbox.notification("t/4", bytes("too late"))).isCompletedExceptionally();
  }

  @Test
  void keepsOnlyTheNewestStateOfAMachine() {
    state("m-1", "old");
    state("m-2", "other");
    state("m-1", "new");
    assertThat(sendAll(0)).containsExactly("new", "other");
    assertThat(outbox.status("").statesReplaced()).isEqualTo(1);
  }

  @Test
  void letsAMachineRestBetweenStates() {
    state("m-1", "a");
    assertThat(sendAll(0)).containsExactly("a");
    state("m-1", "b");
    state("m-1", "c");
    assertThat(outbox.next(SECOND - 5)).isEqualTo(new Next.Wait(5));
    assertThat(sendAll(SECOND)).containsExactly("c");
  }

  @Test
  void keepsTheFleetUnderItsCap() {
    // 20 a second, of which a tenth, two, at once.
    for (int i = 1; i <= 4; i++) {
      state("m-" + i, "s-" + i);
    }
    assertThat(sendAll(0)).containsExactly("s-1", "s-2");
    assertThat(outbox.next(0)).isEqualTo(new Next.Wait(SECOND / 20));
    assertThat(sendAll(SECOND / 20)).containsExactly("s-3");
    assertThat(sendAll(SECOND / 10)).containsExactly("s-4");
  }

  @Test
  void holdsToItsLimitsWhateverComes() {
    long seed = System.nanoTime();
    System.out.println("OutboxTest seed " + seed);
    Random random = new Random(seed);
    Map<String, Long> lastSent = new HashMap<>();
    Map<String, String> newest = new HashMap<>();
    List<Long> sent = new ArrayList<>();
    long now = 0;
    for (int i = 0; i < 20_000; i++) {
      now += random.nextLong(SECOND / 50);
      if (random.nextBoolean()) {
        String machine = "m-" + random.nextInt(4);
        newest.put(machine, machine + ":" + i);
        state(machine, machine + ":" + i);
      }
      if (random.nextInt(3) == 0 && outbox.next(now) instanceof Next.Send(Letter.State state)) {
        String machine = state.machineId();
        if (random.nextInt(10) == 0) {
          outbox.returned(state);
        } else {
          outbox.sent(state);
          assertThat(text(state)).isEqualTo(newest.remove(machine));
        }
        assertThat(now - lastSent.getOrDefault(machine, -SECOND)).isGreaterThanOrEqualTo(SECOND);
        lastSent.put(machine, now);
        sent.add(now);
        long second = now - SECOND;
        assertThat(sent.stream().filter(at -> at > second).count()).isLessThanOrEqualTo(22);
      }
    }
    assertThat(sendAll(now + 10 * SECOND)).hasSizeLessThanOrEqualTo(2);
    for (int i = 1; i < 10; i++) {
      sendAll(now + (10 + i) * SECOND);
    }
    assertThat(outbox.status("").waiting()).isZero();
    assertThat(outbox.status("").statesDropped()).isZero();
  }

  @Test
  void dropsAndCountsWhatFindsNoRoom() {
    for (int i = 0; i < 5; i++) {
      outbox.alert("m-1", bytes("a-" + i));
      outbox.deadLetter(bytes("d-" + i));
      state("m-" + i, "s-" + i);
    }
    assertThat(outbox.status("").alertsDropped()).isEqualTo(2);
    assertThat(outbox.status("").deadLettersDropped()).isEqualTo(3);
    assertThat(outbox.status("").statesDropped()).isEqualTo(1);
    assertThat(sendAll(0)).containsExactly("a-2", "a-3", "a-4", "d-3", "d-4", "s-0", "s-1");
  }

  @Test
  void givesAgainWhatCameBackUntilItHasBeenTriedOftenEnough() {
    outbox.alert("m-1", bytes("first"));
    outbox.alert("m-1", bytes("second"));
    for (int attempt = 1; attempt <= 3; attempt++) {
      Letter letter = ((Next.Send) outbox.next(0)).letter();
      assertThat(text(letter)).isEqualTo("first");
      outbox.returned(letter);
    }
    assertThat(sendAll(0)).containsExactly("second");
    assertThat(outbox.status("").alertsDropped()).isEqualTo(1);
  }

  @Test
  void prefersANewerStateToTheOneThatCameBack() {
    state("m-1", "old");
    Letter old = ((Next.Send) outbox.next(0)).letter();
    state("m-1", "new");
    outbox.returned(old);
    assertThat(sendAll(SECOND)).containsExactly("new");
  }

  @Test
  void finishesWithAlertsAndDeadLettersButWithoutStatesOnceClosed() {
    state("m-1", "state");
    outbox.alert("m-1", bytes("alert"));
    outbox.deadLetter(bytes("dead letter"));
    outbox.close();
    outbox.alert("m-1", bytes("too late"));
    assertThat(outbox.isFinished()).isFalse();
    assertThat(sendAll(0)).containsExactly("alert", "dead letter");
    assertThat(outbox.isFinished()).isTrue();
    assertThat(outbox.status("").alertsDropped()).isEqualTo(1);
    assertThat(outbox.status("").statesDropped()).isEqualTo(1);
  }

  private void state(String machineId, String text) {
    outbox.state(machineId, () -> bytes(text));
  }

  private List<String> sendAll(long nowNanos) {
    List<String> sent = new ArrayList<>();
    while (outbox.next(nowNanos) instanceof Next.Send(Letter letter)) {
      sent.add(text(letter));
      outbox.sent(letter);
    }
    return sent;
  }

  private static String text(Letter letter) {
    return new String(letter.payload().get(), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
