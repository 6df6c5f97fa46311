package twin.core.history;

/**
 * A state of the past cannot be worked out, because an event on the way to it is not there: removed
 * with the oldest of an archive that keeps only so much, or by somebody. The message says which.
 */
public final class MissingEventException extends RuntimeException {
  private static final long serialVersionUID = 1;

  MissingEventException(String machineId, long revision) {
    super(
        "The history of %s lacks revision %d. Ask for a newer one; ./twin audit verify says whether it was archived and forgotten, or is missing."
            .formatted(machineId, revision));
  }
}
