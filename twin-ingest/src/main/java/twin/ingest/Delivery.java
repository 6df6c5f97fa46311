package twin.ingest;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.MachineReply;
import twin.core.store.DeadLetter;
import twin.core.trace.Trace;
import twin.ingest.codec.Decoded;

/**
 * A message that has been decoded, on its way through the lanes. Its readings may be of several
 * machines and so be spread over lanes; it is durable when the last of them is.
 *
 * @param <M> the message as its source knows it
 */
final class Delivery<M> {

  private static final Logger log = LoggerFactory.getLogger(Delivery.class);

  private final M message;
  private final String source;
  private final String topic;
  private final Instant receivedAt;
  private final byte[] payload;
  private final List<Decoded> members;
  private final Trace trace;
  private final AtomicInteger partsLeft = new AtomicInteger();

  private Delivery(
      M message,
      String source,
      String topic,
      Instant receivedAt,
      byte[] payload,
      List<Decoded> members,
      Trace trace) {
    this.message = message;
    this.source = source;
    this.topic = topic;
    this.receivedAt = receivedAt;
    this.payload = payload;
    this.members = members;
    this.trace = trace;
  }

  /** Decodes a message that nobody follows. */
  static <M> Delivery<M> decoded(
      M message,
      String source,
      String topic,
      Instant receivedAt,
      byte[] payload,
      Function<byte[], List<Decoded>> decode) {
    return decoded(message, source, topic, receivedAt, payload, Trace.NONE, decode);
  }

  /**
   * Decodes a message. A mistake of ours in decoding must not make a source deliver the same
   * message for ever: it becomes a dead letter, where it waits for the mistake to be mended.
   */
  static <M> Delivery<M> decoded(
      M message,
      String source,
      String topic,
      Instant receivedAt,
      byte[] payload,
      Trace trace,
      Function<byte[], List<Decoded>> decode) {
    List<Decoded> members;
    try {
      members = decode.apply(payload);
    } catch (RuntimeException e) {
      log.error("A message of {} at {} could not be decoded", topic, source, e);
      members =
          List.of(
              new Decoded.Broken(
                  MachineReply.Outcome.FAILED,
                  "the program failed on it; its log says why: " + e,
                  null,
                  0,
                  payload.length));
    }
    return new Delivery<>(message, source, topic, receivedAt, payload, members, trace);
  }

  M message() {
    return message;
  }

  String source() {
    return source;
  }

  String topic() {
    return topic;
  }

  List<Decoded> members() {
    return members;
  }

  /** The step in which it is received. */
  Trace trace() {
    return trace;
  }

  int payloadBytes() {
    return payload.length;
  }

  void partsAre(int parts) {
    partsLeft.set(parts);
  }

  /** Takes note that a part is durable; true for the last one. */
  boolean partIsDurable() {
    return partsLeft.decrementAndGet() == 0;
  }

  DeadLetter.Arrival letter(Decoded.Broken broken) {
    return letter(broken, broken.machineId(), broken.code(), broken.reason());
  }

  DeadLetter.Arrival letter(Decoded.Intact rejected, MachineReply.Outcome outcome) {
    return letter(rejected, rejected.reading().machineId(), outcome.code(), outcome.reason());
  }

  private DeadLetter.Arrival letter(
      Decoded member, @Nullable String machineId, String code, String reason) {
    return new DeadLetter.Arrival(
        receivedAt,
        source,
        topic,
        machineId,
        code,
        reason,
        Arrays.copyOfRange(payload, member.from(), member.to()));
  }
}
