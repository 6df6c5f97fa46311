package twin.core.store;

/** What came of reading a dead letter again. */
public sealed interface Retried {

  /**
   * All of it is in the journal, and the letter is no more.
   *
   * @param recorded readings that were recorded now
   * @param duplicates readings that had been recorded before
   */
  record Taken(int recorded, int duplicates) implements Retried {}

  /**
   * Some of it still cannot be recorded; the letter stays, with the present reason.
   *
   * @param reason why, in a word
   * @param detail how to mend it
   */
  record StillDead(String reason, String detail) implements Retried {}

  /** There is no such letter, or no more. */
  record Gone() implements Retried {}

  /** It cannot be read again, whatever is mended. */
  record Impossible(String why) implements Retried {}
}
