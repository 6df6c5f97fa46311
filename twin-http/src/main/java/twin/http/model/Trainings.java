package twin.http.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import twin.core.store.TrainingRun;

/** Where models are trained from what twins have lived through, apart from this process. */
public interface Trainings {

  /**
   * What is to be learned.
   *
   * @param type the machine type
   * @param from the first reading time that counts
   * @param to the first after that
   * @param sample of so many normal readings one is learned from
   * @param seed from which every random choice follows
   * @param scheduledFor the time that the schedule meant; null where somebody asks for it
   * @param by who wants it
   */
  record Wanted(
      String type,
      Instant from,
      Instant to,
      int sample,
      long seed,
      @Nullable Instant scheduledFor,
      String by) {}

  /** A training that runs. */
  interface Run {

    /** Completes with what it tells, whether there is a bundle or too little to learn from. */
    CompletionStage<JsonNode> report();

    /** How much of it is done, 0 to 1. */
    double progress();

    /** The newest lines that it has written. */
    List<String> log();

    /** Ends it early. */
    void cancel();
  }

  /** It cannot be begun as things are; the message says what to do. */
  final class RefusedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public RefusedException(String message) {
      super(message);
    }
  }

  /** Begins one; fails with a {@link RefusedException} when that cannot be. */
  CompletionStage<Run> start(Wanted wanted);

  /** The newest of a type, on whichever node they ran, the newest first. */
  CompletionStage<List<TrainingRun>> newest(String type, int limit);
}
