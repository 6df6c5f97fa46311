package twin.core.registry;

/** A registry could not do what it was asked; the message says what is wrong, without secrets. */
public final class RegistryException extends Exception {
  private static final long serialVersionUID = 1;

  /** What kind of thing is wrong. */
  public enum Reason {
    /** There is no such bundle. */
    MISSING,
    /** Other bytes have that name already. */
    TAKEN,
    /** The bundle is not what its manifest says. */
    DAMAGED,
    /** More than is permitted. */
    TOO_LARGE,
    /** The registry does not let this program do it. */
    FORBIDDEN,
    /** The registry cannot be reached, or has a trouble of its own; it may work later. */
    UNAVAILABLE
  }

  private final Reason reason;

  RegistryException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  RegistryException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What kind of thing is wrong. */
  public Reason reason() {
    return reason;
  }
}
