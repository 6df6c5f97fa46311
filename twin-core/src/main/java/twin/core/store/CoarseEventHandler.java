package twin.core.store;

/**
 * What a projection does with an event: changes tables inside the transaction that also moves its
 * offset on, so each event counts exactly once. One handler serves one slice, one call at a time.
 * An exception rolls the whole group of events back, and the slice tries again after a pause.
 */
@FunctionalInterface
public interface CoarseEventHandler {
  /** Applies the event. */
  void handle(Transaction transaction, CoarseEvent event);
}
