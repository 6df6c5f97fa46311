package twin.core.history;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** How far some work on the past has come, and whether it is still wanted. Thread-safe. */
public final class Progress {

  private final AtomicLong revision = new AtomicLong();
  private final AtomicBoolean cancelled = new AtomicBoolean();

  void reached(long newRevision) {
    revision.set(newRevision);
  }

  /** The last event that was worked on; 0 before the first. */
  public long revision() {
    return revision.get();
  }

  /** Ends the work before its next event. */
  public void cancel() {
    cancelled.set(true);
  }

  boolean goesOn() {
    return !cancelled.get();
  }
}
