package twin.core.audit;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** How far a check has come, and whether it is still wanted. Thread-safe. */
public final class AuditProgress {

  private final AtomicLong done = new AtomicLong();
  private final AtomicLong all = new AtomicLong();
  private final AtomicBoolean cancelled = new AtomicBoolean();

  void of(long newAll) {
    all.set(newAll);
  }

  void reached(long newDone) {
    done.set(newDone);
  }

  /** How much is done, 0 to 1. */
  public double share() {
    long total = all.get();
    return total == 0 ? 0 : Math.min(1, (double) done.get() / total);
  }

  /** Ends the check before its next event. */
  public void cancel() {
    cancelled.set(true);
  }

  boolean goesOn() {
    return !cancelled.get();
  }
}
