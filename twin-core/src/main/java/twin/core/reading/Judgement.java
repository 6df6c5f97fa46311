package twin.core.reading;

/** What a twin makes of a submitted reading before it looks at the values. */
public sealed interface Judgement {

  /**
   * It has not been recorded yet.
   *
   * @param placement where it stands
   * @param restart whether it shows that the device began to count anew
   */
  record New(Placement placement, boolean restart) implements Judgement {}

  /** It has been recorded before. */
  record Duplicate() implements Judgement {}

  /**
   * It is so old that it cannot be told from a duplicate.
   *
   * @param reason why, for people
   */
  record TooLate(String reason) implements Judgement {}
}
