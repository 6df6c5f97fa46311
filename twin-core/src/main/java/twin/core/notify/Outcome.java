package twin.core.notify;

import java.time.Duration;
import java.util.Optional;

/** What came of an attempt to send a message. What it says is shown to people: no secrets. */
public sealed interface Outcome {

  /** The channel has taken it. */
  record Delivered() implements Outcome {}

  /**
   * It may go well another time.
   *
   * @param after how long the receiver wants to be left alone
   */
  record Again(String why, Optional<Duration> after) implements Outcome {

    /** At whatever time. */
    public Again(String why) {
      this(why, Optional.empty());
    }
  }

  /** It will not go well however often it is tried. */
  record Refused(String why) implements Outcome {}
}
