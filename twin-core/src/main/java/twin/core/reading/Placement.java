package twin.core.reading;

/** Where a recorded reading stands among its machine's readings. The order is that in the journal. */
public enum Placement {
  /** The newest so far: it moves the watermark, enters the window and is assessed. */
  IN_ORDER,
  /** Older than the newest but inside the lateness bound: it enters the window in its place. */
  LATE,
  /** Older than the lateness bound, in a known gap of the sequence: no window sees it. */
  VERY_LATE,
  /** Ahead of the receiver's clock: no window sees it and the watermark stays. */
  AHEAD
}
