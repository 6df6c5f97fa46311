package twin.ingest.mqtt;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts what one connection has handed on and what of it is not acknowledged yet. Messages are
 * handed on by one thread and acknowledged by any.
 */
final class InFlight {

  private final AtomicInteger count = new AtomicInteger();
  private final IngestCounters counters;
  private final Runnable wakeUp;
  private volatile boolean watched;
  private volatile boolean gone;

  /**
   * Nothing in flight.
   *
   * @param wakeUp called after an acknowledgement while somebody waits for one
   */
  InFlight(IngestCounters counters, Runnable wakeUp) {
    this.counters = counters;
    this.wakeUp = wakeUp;
  }

  int count() {
    return count.get();
  }

  /** Asks to be woken by the next acknowledgement; the caller looks at the count afterwards. */
  void watch(boolean on) {
    watched = on;
  }

  /** Counts a message in and gives the acknowledgement that counts it out. */
  MqttAck handOn(Runnable acknowledgement) {
    count.incrementAndGet();
    return new MqttAck(() -> acknowledge(acknowledgement));
  }

  private void acknowledge(Runnable acknowledgement) {
    if (gone) {
      counters.acknowledgedTooLate.increment();
      return;
    }
    try {
      acknowledgement.run();
      counters.acknowledged.increment();
    } catch (RejectedExecutionException connectionEnded) {
      // The connection's thread has just gone, and the connection with it.
      counters.acknowledgedTooLate.increment();
    }
    // After the client library has it, so that whoever sees the count fall and disconnects does so
    // behind this acknowledgement.
    count.decrementAndGet();
    if (watched) {
      wakeUp.run();
    }
  }

  /** From here on acknowledgements are dropped: the broker delivers these messages again. */
  void connectionGone() {
    gone = true;
  }
}
