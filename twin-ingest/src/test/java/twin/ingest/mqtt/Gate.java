package twin.ingest.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Flow;

/** Stands in for the journal: holds each message until the test says that it is durable. */
final class Gate {

  private record Held(MqttMessage message, CompletableFuture<MqttMessage> durable) {}

  private final List<MqttMessage> seen = new CopyOnWriteArrayList<>();
  private final ConcurrentMap<MqttAck, Held> held = new ConcurrentHashMap<>();
  private volatile Predicate<MqttMessage> open = message -> false;

  static String text(MqttMessage message) {
    return message.payload().utf8String();
  }

  Flow<MqttMessage, MqttMessage, NotUsed> flow() {
    return Flow.of(MqttMessage.class).mapAsyncUnordered(100_000, this::hold);
  }

  private CompletableFuture<MqttMessage> hold(MqttMessage message) {
    CompletableFuture<MqttMessage> durable = new CompletableFuture<>();
    held.put(message.ack(), new Held(message, durable));
    seen.add(message);
    if (open.test(message)) {
      release(open);
    }
    return durable;
  }

  /** Everything that has come so far, also what has come twice. */
  List<MqttMessage> seen() {
    return List.copyOf(seen);
  }

  List<String> seenTexts() {
    return seen.stream().map(Gate::text).toList();
  }

  /** Forgets what has come, and what is held of it. */
  void clear() {
    seen.clear();
    held.clear();
  }

  /** Makes durable what matches of what is held now. */
  void release(Predicate<MqttMessage> which) {
    List<Held> matching =
        new ArrayList<>(held.values().stream().filter(h -> which.test(h.message())).toList());
    for (Held one : matching) {
      held.remove(one.message().ack());
      one.durable().complete(one.message());
    }
  }

  /** Makes durable what matches, now and from here on. */
  void open(Predicate<MqttMessage> which) {
    open = which;
    release(which);
  }
}
