package twin.ingest.codec;

import org.jspecify.annotations.Nullable;
import twin.core.reading.SubmittedReading;

/** What one member of a message turned out to be. */
public sealed interface Decoded {

  /** Where in the payload it begins. */
  int from();

  /** Where in the payload it has ended. */
  int to();

  /** A reading. */
  record Intact(SubmittedReading reading, int from, int to) implements Decoded {}

  /**
   * Something that cannot be a reading.
   *
   * @param code why, in a word; see {@link ReadingCodec} for all of them
   * @param reason why, in a sentence that says how to mend it
   * @param machineId the machine, where that much could be made out
   */
  record Broken(String code, String reason, @Nullable String machineId, int from, int to)
      implements Decoded {}
}
