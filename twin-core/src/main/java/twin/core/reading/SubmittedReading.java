package twin.core.reading;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reading as a device sent it, decoded but not yet judged: its numbers and texts by name.
 *
 * @param machineId the machine; matches {@link #MACHINE_ID}
 * @param machineType the type that the device claims, if it does
 * @param timestamp when the values were measured, by the device's clock
 * @param seq the device's own count, if it keeps one
 * @param position where the source's queue holds it (a Kafka offset), if it has such a position
 * @param numbers every other finite number of the message, by name
 * @param texts every other member of the message that is no finite number, by name, as text of at
 *     most {@link #MAX_TEXT_LENGTH} characters
 */
public record SubmittedReading(
    String machineId,
    @Nullable String machineType,
    Instant timestamp,
    @Nullable Long seq,
    @Nullable Long position,
    Map<String, Double> numbers,
    Map<String, String> texts) {

  /** What a machine id looks like. */
  public static final String MACHINE_ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  private static final int MAX_ID_LENGTH = 64;

  /** Most characters of a text that are kept. */
  public static final int MAX_TEXT_LENGTH = 64;

  public SubmittedReading {
    numbers = Map.copyOf(numbers);
    texts = Map.copyOf(texts);
    if (!isMachineId(machineId)) {
      throw new IllegalArgumentException("machine_id must match " + MACHINE_ID);
    }
    if (!Times.canBeKept(timestamp)) {
      throw new IllegalArgumentException(
          "timestamp must lie between %s and %s".formatted(Times.EARLIEST, Times.LATEST));
    }
    for (double number : numbers.values()) {
      if (!Double.isFinite(number)) {
        throw new IllegalArgumentException("a number that is not finite belongs with the texts");
      }
    }
    for (String text : texts.values()) {
      if (text.length() > MAX_TEXT_LENGTH) {
        throw new IllegalArgumentException(
            "a text has at most %d characters".formatted(MAX_TEXT_LENGTH));
      }
    }
    if (seq != null && (seq < 0 || seq == Long.MAX_VALUE)) {
      throw new IllegalArgumentException("seq must be a whole number from 0 to 2^63 - 2");
    }
  }

  /** Whether a machine can be called that: whether it matches {@link #MACHINE_ID}. */
  public static boolean isMachineId(String text) {
    // Every reading is asked, more than once: without the machinery of regular expressions.
    if (text.isEmpty() || text.length() > MAX_ID_LENGTH || !isAlphanumeric(text.charAt(0))) {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isAlphanumeric(c) && c != '.' && c != '_' && c != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** The same, held by a queue at that position; null for none. */
  public SubmittedReading at(@Nullable Long newPosition) {
    return new SubmittedReading(
        machineId, machineType, timestamp, seq, newPosition, numbers, texts);
  }
}
