package twin.training.lived;

/**
 * Something about the data that people should know.
 *
 * @param what is the matter
 * @param machineId of which machine; empty for all
 * @param channel of which channel; empty for none
 * @param detail a sentence
 */
public record Finding(What what, String machineId, String channel, String detail) {

  /** What can be the matter. */
  public enum What {
    /** There are no readings at all. */
    EMPTY(true),
    /** All readings are of one class: there is nothing to tell apart. */
    ONE_CLASS(true),
    /** A channel is broken on every machine. */
    CHANNEL_BROKEN_EVERYWHERE(true),
    /** A channel is missing from many readings of a machine, which is left out. */
    CHANNEL_MISSING(false),
    /** A channel is out of its range in many readings of a machine, which is left out. */
    CHANNEL_OUT_OF_RANGE(false),
    /** A channel stands still on a machine, which is left out, and moves on others. */
    CHANNEL_STUCK(false),
    /** A day is a copy of another one, and left out. */
    DUPLICATED_DAY(false),
    /** There were readings by another definition of the type; they are left out. */
    OTHER_DEFINITION(false),
    /** A machine was silent for longer than its type allows. */
    GAPS(false);

    private final boolean prevents;

    What(boolean prevents) {
      this.prevents = prevents;
    }

    /** Whether nothing can be learned because of it. */
    public boolean prevents() {
      return prevents;
    }
  }
}
