package twin.core.machine;

import org.jspecify.annotations.Nullable;

/** What brought an event about. */
public sealed interface Cause {

  /**
   * A reading arrived.
   *
   * @param source name of the configured source, for example {@code mqtt:plant}
   * @param queue the queue within it that has positions, for example a Kafka topic id and partition
   * @param position highest position of that queue up to which all is recorded
   * @param trace the step of a trace that recorded it ({@link twin.core.trace.Trace#parent}), where
   *     the reading was followed
   */
  record Source(
      String source, @Nullable String queue, @Nullable Long position, @Nullable String trace)
      implements Cause {

    /** Of a reading that was not followed. */
    public Source(String source, @Nullable String queue, @Nullable Long position) {
      this(source, queue, position, null);
    }
  }

  /**
   * Somebody asked for it.
   *
   * @param principal who
   * @param reason why, in that person's words; may be empty
   */
  record Principal(String principal, String reason) implements Cause {}

  /**
   * The program itself found it due.
   *
   * @param reason why, for example {@code silence}
   */
  record Program(String reason) implements Cause {}

  /** The step of a trace that brought it about, where there is one. */
  default @Nullable String trace() {
    return null;
  }
}
