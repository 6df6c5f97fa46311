package twin.core.inference.onnx;

/**
 * Says why an ONNX file or a bundle was refused, or why a run gave no answer. The reason is for
 * programs, the message for people; both are expected outcomes of data that nobody vouches for, so
 * the exception is checked.
 */
public final class OnnxException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What kind of refusal it is. */
  public enum Reason {
    /** The file, or the batch of rows, is larger than the settings allow. */
    TOO_LARGE,
    /** The bytes are no ONNX model, or one that the runtime cannot make sense of. */
    MALFORMED,
    /** A file is missing, or is not the one that the bundle's manifest describes. */
    CHANGED,
    /** The bundle does not give the answers that it says it gives. */
    WRONG_ANSWER,
    /** Columns or rows are not those that were announced. */
    WRONG_SHAPE,
    /** The model needs an operator, or a part outside its file, that is not supported. */
    UNSUPPORTED,
    /** Every permitted run was busy for longer than a caller may wait. */
    BUSY,
    /** The model has been closed. */
    CLOSED,
    /** The runtime failed in the middle of a run. */
    FAILED
  }

  private final Reason reason;

  OnnxException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  OnnxException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What kind of refusal this is. */
  public Reason reason() {
    return reason;
  }
}
