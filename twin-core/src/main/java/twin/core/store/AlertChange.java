package twin.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to an alert.
 *
 * @param revision the twin's revision that says so
 * @param from the state before; null for a verdict, which changes none
 * @param to the state after
 * @param severity after it
 * @param raised whether an operator is called: the alert is new or its condition has come back
 * @param cause what brought it about
 * @param detail what else is known of it, as a JSON object
 */
public record AlertChange(
    String alertId,
    long revision,
    Instant recordedAt,
    @Nullable String from,
    @Nullable String to,
    @Nullable String severity,
    boolean raised,
    By cause,
    String detail) {

  /**
   * What brought it about.
   *
   * @param kind {@code source} for readings, {@code principal} for a person, {@code program}
   * @param name of the source or the person; empty for the program
   * @param reason why; may be empty
   */
  public record By(String kind, String name, String reason) {}
}
