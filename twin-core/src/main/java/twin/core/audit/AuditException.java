package twin.core.audit;

/** Keys or seals cannot be read or written. The message says which and why, in one line. */
public final class AuditException extends RuntimeException {
  private static final long serialVersionUID = 1;

  AuditException(String message) {
    super(message);
  }

  AuditException(String message, Throwable cause) {
    super(message, cause);
  }
}
