package twin.ingest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import twin.core.machine.MachineReply.Outcome;
import twin.core.reading.SubmittedReading;
import twin.core.store.DeadLetter;
import twin.core.store.Retried;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Decoder;
import twin.ingest.codec.Message;

/**
 * Reads dead letters again, as their sources are read now: after a mapping was mended, a type was
 * given or a machine registered. What has been recorded meanwhile is recognised, so a letter may be
 * retried any number of times. Thread-safe.
 */
final class DeadLetterRetry {

  /** Where the letters are. */
  interface Letters {
    CompletionStage<Optional<DeadLetter>> get(long id);

    CompletionStage<Boolean> markRetried(long id, String reason, String detail);

    CompletionStage<Boolean> remove(long id);
  }

  /** What is read again is on no lane of its source. */
  private static final String LANE = "retry";

  private final Letters letters;
  private final Decoders decoders;
  private final Twins twins;
  private final Retrying retrying;
  private final IngestMetrics metrics;

  DeadLetterRetry(
      Letters letters, Decoders decoders, Twins twins, Retrying retrying, IngestMetrics metrics) {
    this.letters = letters;
    this.decoders = decoders;
    this.twins = twins;
    this.retrying = retrying;
    this.metrics = metrics;
  }

  /** Why something is still dead, as far as is known. */
  private static final class Tally {

    private int recorded;
    private int duplicates;
    private @Nullable String reason;
    private String detail = "";

    void add(List<Outcome> outcomes) {
      for (Outcome outcome : outcomes) {
        switch (outcome.result()) {
          case RECORDED, LATE -> recorded++;
          case DUPLICATE -> duplicates++;
          case REJECTED -> dead(outcome.code(), outcome.reason());
        }
      }
    }

    void dead(String newReason, String newDetail) {
      if (reason == null) {
        reason = newReason;
        detail = newDetail;
      }
    }
  }

  /**
   * Reads a letter again.
   *
   * @return what came of it, once that is durable; fails when the twin or the database does not
   *     answer, and may then be tried again
   */
  CompletionStage<Retried> retry(long id) {
    return letters
        .get(id)
        .thenCompose(
            found ->
                found
                    .map(this::retry)
                    .orElseGet(() -> CompletableFuture.completedStage(new Retried.Gone())));
  }

  private CompletionStage<Retried> retry(DeadLetter letter) {
    Optional<Decoder> decoder = decoders.of(letter.source());
    if (letter.truncated()) {
      return impossible("only its beginning has been kept: send the message again");
    }
    if (decoder.isEmpty()) {
      return impossible(
          "it came by the source '%s', which is not configured any more"
              .formatted(letter.source()));
    }
    Tally tally = new Tally();
    Map<String, List<SubmittedReading>> byMachine = new LinkedHashMap<>();
    for (Decoded member : decoder.get().decode(messageOf(letter))) {
      switch (member) {
        case Decoded.Intact intact ->
            byMachine
                .computeIfAbsent(intact.reading().machineId(), machine -> new ArrayList<>())
                .add(intact.reading());
        case Decoded.Broken broken -> tally.dead(broken.code(), broken.reason());
      }
    }
    Recorder recorder = new Recorder(twins, letter.source(), retrying, metrics);
    return recordAll(recorder, byMachine, tally).thenCompose(done -> settle(letter, tally));
  }

  private static CompletionStage<Retried> impossible(String why) {
    return CompletableFuture.completedStage(new Retried.Impossible(why));
  }

  /** Key, headers and the time in Kafka are not kept with a letter. */
  private static Message messageOf(DeadLetter letter) {
    return new Message(
        letter.topic(),
        letter.machineId(),
        null,
        Map.of(),
        letter.receivedAt(),
        null,
        true,
        letter.payload());
  }

  private static CompletionStage<Void> recordAll(
      Recorder recorder, Map<String, List<SubmittedReading>> byMachine, Tally tally) {
    CompletionStage<Void> all = CompletableFuture.completedStage(null);
    for (Map.Entry<String, List<SubmittedReading>> machine : byMachine.entrySet()) {
      all =
          all.thenCompose(
              before ->
                  recorder
                      .record(LANE, machine.getKey(), machine.getValue(), null, () -> true)
                      .thenAccept(tally::add));
    }
    return all;
  }

  private CompletionStage<Retried> settle(DeadLetter letter, Tally tally) {
    String reason = tally.reason;
    if (reason == null) {
      return letters
          .remove(letter.id())
          .thenApply(removed -> new Retried.Taken(tally.recorded, tally.duplicates));
    }
    return letters
        .markRetried(letter.id(), reason, tally.detail)
        .thenApply(
            there -> there ? new Retried.StillDead(reason, tally.detail) : new Retried.Gone());
  }
}
