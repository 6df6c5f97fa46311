package twin.core.reading;

/** Where a recorded reading stands among its machine's readings. */
public enum Placement {
  /** The newest so far: it moves the watermark, enters the window and is assessed. */
  IN_ORDER(0),
  /** Older than the newest but inside the lateness bound: it enters the window in its place. */
  LATE(1),
  /** Older than the lateness bound, in a known gap of the sequence: no window sees it. */
  VERY_LATE(2),
  /** Ahead of the receiver's clock: no window sees it and the watermark stays. */
  AHEAD(3);

  private final int code;

  Placement(int code) {
    this.code = code;
  }

  /** The number in the journal, 0 to 3; fixed for ever. */
  public int code() {
    return code;
  }

  /**
   * The placement with a number.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static Placement ofCode(int code) {
    return switch (code) {
      case 0 -> IN_ORDER;
      case 1 -> LATE;
      case 2 -> VERY_LATE;
      case 3 -> AHEAD;
      default -> throw new IllegalArgumentException("no placement has the code " + code);
    };
  }
}
