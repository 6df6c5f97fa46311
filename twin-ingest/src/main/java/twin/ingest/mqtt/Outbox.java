package twin.ingest.mqtt;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.pekko.Done;

/**
 * What waits to be published: alerts before notifications before dead letters before states, each
 * bounded. Of a machine only the newest state waits. Time is handed in, as nanoseconds of any
 * monotonic clock. Thread-safe; no call does more than constant work, but for the supplier of a
 * state, which runs outside the lock on the thread that sends.
 */
final class Outbox {

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** What to do next. */
  sealed interface Next {
    /** Send this, and say how it went by {@link #sent} or {@link #returned}. */
    record Send(Letter letter) implements Next {}

    /** A state may be sent in this time. */
    record Wait(long nanos) implements Next {}

    /** Nothing waits. */
    record Idle() implements Next {}
  }

  /** What is to be published, with how often it has been tried. */
  sealed interface Letter {
    Supplier<byte[]> payload();

    int attempts();

    record State(String machineId, Supplier<byte[]> payload, int attempts) implements Letter {}

    record Alert(String machineId, Supplier<byte[]> payload, int attempts) implements Letter {}

    record DeadLetter(Supplier<byte[]> payload, int attempts) implements Letter {}

    /** Somebody waits for it, and gives it up by ending {@code sent}. */
    record Notification(
        String topic, Supplier<byte[]> payload, int attempts, CompletableFuture<Done> sent)
        implements Letter {}
  }

  private final MqttSettings.Publish settings;
  private final double tokensMax;
  private final Deque<Letter.Alert> alerts = new ArrayDeque<>();
  private final Deque<Letter.Notification> notifications = new ArrayDeque<>();
  private final Deque<Letter.DeadLetter> deadLetters = new ArrayDeque<>();
  private final Map<String, Letter.State> states = new HashMap<>();
  private final Deque<String> due = new ArrayDeque<>();
  private final LinkedHashMap<String, Long> resting = new LinkedHashMap<>();
  private double tokens;
  private long tokensAtNanos;
  private long statesSent;
  private long alertsSent;
  private long deadLettersSent;
  private long statesReplaced;
  private long statesDropped;
  private long alertsDropped;
  private long deadLettersDropped;
  private boolean closed;

  Outbox(MqttSettings.Publish settings, long nowNanos) {
    this.settings = settings;
    this.tokensMax = Math.max(1, settings.statesPerSecondMax() / 10.0);
    this.tokens = tokensMax;
    this.tokensAtNanos = nowNanos;
  }

  synchronized void alert(String machineId, byte[] payload) {
    if (closed) {
      alertsDropped++;
      return;
    }
    if (alerts.size() >= settings.alertBuffer()) {
      alerts.removeFirst();
      alertsDropped++;
    }
    alerts.addLast(new Letter.Alert(machineId, () -> payload, 0));
  }

  /**
   * Whoever asks for it waits for it, so there are not many.
   *
   * @return completes when the broker has acknowledged it, and fails when it cannot be sent
   */
  synchronized CompletableFuture<Done> notification(String topic, byte[] payload) {
    CompletableFuture<Done> sent = new CompletableFuture<>();
    if (closed) {
      sent.completeExceptionally(new IllegalStateException("publishing has ended"));
    } else if (notifications.size() >= settings.alertBuffer()) {
      sent.completeExceptionally(new IllegalStateException("too many wait to be published"));
    } else {
      notifications.addLast(new Letter.Notification(topic, () -> payload, 0, sent));
    }
    return sent;
  }

  synchronized void deadLetter(byte[] payload) {
    if (closed) {
      deadLettersDropped++;
      return;
    }
    if (deadLetters.size() >= settings.deadLetterBuffer()) {
      deadLetters.removeFirst();
      deadLettersDropped++;
    }
    deadLetters.addLast(new Letter.DeadLetter(() -> payload, 0));
  }

  synchronized void state(String machineId, Supplier<byte[]> payload) {
    if (states.containsKey(machineId)) {
      states.put(machineId, new Letter.State(machineId, payload, 0));
      statesReplaced++;
    } else if (closed || states.size() >= settings.stateMachinesMax()) {
      statesDropped++;
    } else {
      states.put(machineId, new Letter.State(machineId, payload, 0));
      if (!resting.containsKey(machineId)) {
        due.addLast(machineId);
      }
    }
  }

  /** Takes out what is to be sent next. */
  synchronized Next next(long nowNanos) {
    if (!alerts.isEmpty()) {
      return new Next.Send(alerts.removeFirst());
    }
    while (!notifications.isEmpty()) {
      Letter.Notification next = notifications.removeFirst();
      if (!next.sent().isDone()) {
        return new Next.Send(next);
      }
    }
    if (!deadLetters.isEmpty()) {
      return new Next.Send(deadLetters.removeFirst());
    }
    return nextState(nowNanos);
  }

  private Next nextState(long nowNanos) {
    endRest(nowNanos);
    if (due.isEmpty()) {
      return states.isEmpty() ? new Next.Idle() : new Next.Wait(untilRestEnds(nowNanos));
    }
    refillTokens(nowNanos);
    if (tokens < 1) {
      double missingSeconds = (1 - tokens) / settings.statesPerSecondMax();
      return new Next.Wait((long) Math.ceil(missingSeconds * NANOS_PER_SECOND));
    }
    tokens -= 1;
    String machineId = due.removeFirst();
    resting.put(machineId, nowNanos + settings.stateInterval().toNanos());
    Letter.State state = states.remove(machineId);
    if (state == null) {
      throw new IllegalStateException("A machine is due without a state: " + machineId);
    }
    return new Next.Send(state);
  }

  /** Machines rest in the order in which they were sent, so only the first have to be looked at. */
  private void endRest(long nowNanos) {
    Iterator<Map.Entry<String, Long>> machines = resting.entrySet().iterator();
    while (machines.hasNext()) {
      Map.Entry<String, Long> machine = machines.next();
      if (machine.getValue() - nowNanos > 0) {
        return;
      }
      machines.remove();
      if (states.containsKey(machine.getKey())) {
        due.addLast(machine.getKey());
      }
    }
  }

  private long untilRestEnds(long nowNanos) {
    return Math.max(1, resting.values().iterator().next() - nowNanos);
  }

  private void refillTokens(long nowNanos) {
    double refill =
        (double) (nowNanos - tokensAtNanos) / NANOS_PER_SECOND * settings.statesPerSecondMax();
    tokens = Math.min(tokensMax, tokens + refill);
    tokensAtNanos = nowNanos;
  }

  /** The broker has acknowledged it. */
  synchronized void sent(Letter letter) {
    switch (letter) {
      case Letter.State state -> statesSent++;
      case Letter.Alert alert -> alertsSent++;
      case Letter.DeadLetter deadLetter -> deadLettersSent++;
      case Letter.Notification notification -> notification.sent().complete(Done.getInstance());
    }
  }

  /**
   * It was given to a connection that ended before the broker acknowledged it: to be sent again.
   */
  synchronized void returned(Letter letter) {
    if (letter.attempts() + 1 >= settings.attemptsMax()) {
      dropped(letter);
      return;
    }
    int attempts = letter.attempts() + 1;
    switch (letter) {
      case Letter.Alert alert ->
          alerts.addFirst(new Letter.Alert(alert.machineId(), alert.payload(), attempts));
      case Letter.DeadLetter deadLetter ->
          deadLetters.addFirst(new Letter.DeadLetter(deadLetter.payload(), attempts));
      case Letter.Notification notification ->
          notifications.addFirst(
              new Letter.Notification(
                  notification.topic(), notification.payload(), attempts, notification.sent()));
      case Letter.State state -> {
        Letter.State again = new Letter.State(state.machineId(), state.payload(), attempts);
        if (states.putIfAbsent(state.machineId(), again) != null) {
          statesReplaced++;
        } else if (!resting.containsKey(state.machineId())) {
          due.addFirst(state.machineId());
        }
      }
    }
  }

  /** It cannot be sent at all. */
  synchronized void dropped(Letter letter) {
    switch (letter) {
      case Letter.State state -> statesDropped++;
      case Letter.Alert alert -> alertsDropped++;
      case Letter.DeadLetter deadLetter -> deadLettersDropped++;
      case Letter.Notification notification ->
          notification
              .sent()
              .completeExceptionally(new IllegalStateException("it cannot be published"));
    }
  }

  /** Takes nothing more in; states that wait are given up, for they are soon out of date. */
  synchronized void close() {
    closed = true;
    statesDropped += states.size();
    states.clear();
    due.clear();
    resting.clear();
  }

  /** Whether nothing waits and nothing more will. */
  synchronized boolean isFinished() {
    return closed && waiting() == 0;
  }

  private int waiting() {
    return alerts.size() + notifications.size() + deadLetters.size() + states.size();
  }

  synchronized MqttPublisher.Status status(String lastFailure) {
    return new MqttPublisher.Status(
        lastFailure,
        waiting(),
        statesSent,
        alertsSent,
        deadLettersSent,
        statesReplaced,
        statesDropped,
        alertsDropped,
        deadLettersDropped);
  }
}
