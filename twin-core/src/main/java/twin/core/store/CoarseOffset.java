package twin.core.store;

import java.util.Comparator;

/**
 * A place in the order of the coarse events, or of the changes of alerts: the transaction that
 * wrote the row, then the table's own numbering inside it. Written {@code transaction:ordering}.
 */
public record CoarseOffset(long transaction, long ordering) implements Comparable<CoarseOffset> {
  /** Before everything. */
  public static final CoarseOffset BEGINNING = new CoarseOffset(0, 0);

  private static final Comparator<CoarseOffset> ORDER =
      Comparator.comparingLong(CoarseOffset::transaction).thenComparingLong(CoarseOffset::ordering);

  /** The place after all events of transactions below this one. */
  static CoarseOffset before(long transaction) {
    return new CoarseOffset(transaction, 0);
  }

  /**
   * Reads what {@link #toString} wrote.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static CoarseOffset parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("An offset is transaction:ordering, not " + text);
    }
    return new CoarseOffset(
        Long.parseLong(text, 0, colon, 10), Long.parseLong(text, colon + 1, text.length(), 10));
  }

  @Override
  public int compareTo(CoarseOffset other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return transaction + ":" + ordering;
  }
}
