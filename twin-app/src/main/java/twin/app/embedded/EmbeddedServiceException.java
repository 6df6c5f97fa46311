package twin.app.embedded;

/**
 * An embedded service or its data directory cannot be used. The message is one line that can be
 * shown to the user as it is: it says what is wrong and what to do about it.
 */
public final class EmbeddedServiceException extends Exception {

  private static final long serialVersionUID = 1L;

  /** What went wrong, for callers that act differently on it. */
  public enum Reason {
    /** A port that was asked for is taken. */
    PORT_IN_USE,
    /** Another process holds the data directory. */
    DATA_IN_USE,
    /** The data directory is not writable, not Twin's, or of another version. */
    DATA_NOT_USABLE,
    /** Less free space than the services need. */
    DISK_FULL,
    /** There is no PostgreSQL for this platform, or it cannot run for this user. */
    PLATFORM,
    /** A service did not come up. */
    START_FAILED
  }

  private final Reason reason;

  EmbeddedServiceException(Reason reason, String message) {
    super(oneLine(message));
    this.reason = reason;
  }

  EmbeddedServiceException(Reason reason, String message, Throwable cause) {
    super(oneLine(message), cause);
    this.reason = reason;
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
