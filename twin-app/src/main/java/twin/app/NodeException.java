package twin.app;

/** A node could not start; the message is one line that says what to do. */
public final class NodeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public NodeException(String message) {
    super(message);
  }

  public NodeException(String message, Throwable cause) {
    super(message, cause);
  }
}
