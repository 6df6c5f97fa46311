package twin.core.machine;

import java.util.List;

/** What a twin answers. */
public final class MachineReply {

  private MachineReply() {}

  /**
   * What became of each reading of a command, in its order. Whatever is not rejected is durable.
   *
   * @param outcomes one for each reading
   */
  public record Recorded(List<Outcome> outcomes) implements Message {
    public Recorded {
      outcomes = List.copyOf(outcomes);
    }
  }

  /**
   * What became of a reading.
   *
   * @param result in a word
   * @param revision revision of the event that holds it; 0 for a duplicate or a rejected one
   * @param index its position in that event
   * @param code why it was rejected, in a word; empty otherwise
   * @param reason why it was rejected, in a sentence that says how to mend it; empty otherwise
   */
  public record Outcome(Result result, long revision, int index, String code, String reason) {

    /** Code of a rejection that is the program's own mistake. */
    public static final String FAILED = "failed";

    static Outcome recorded(boolean late, long revision, int index) {
      return new Outcome(late ? Result.LATE : Result.RECORDED, revision, index, "", "");
    }

    static Outcome duplicate() {
      return new Outcome(Result.DUPLICATE, 0, 0, "", "");
    }

    static Outcome rejected(String code, String reason) {
      return new Outcome(Result.REJECTED, 0, 0, code, reason);
    }
  }

  /** What became of a reading, in a word. */
  public enum Result {
    /** It is in the journal. */
    RECORDED,
    /** It is in the journal, in its place among newer ones, without an assessment. */
    LATE,
    /** It had been in the journal before. */
    DUPLICATE,
    /** It is not in the journal: it belongs with the dead letters. */
    REJECTED
  }

  /**
   * What became of a change.
   *
   * @param result in a word
   * @param revision the machine's revision now
   * @param detail what to do, when it was refused; empty otherwise
   */
  public record Changed(ChangeResult result, long revision, String detail) implements Message {}

  /** What became of a change, in a word. */
  public enum ChangeResult {
    DONE,
    /** It was so already. */
    UNCHANGED,
    /** There is no such machine or alert. */
    NOT_FOUND,
    /** The state does not allow it. */
    CONFLICT,
    /** The description is no longer the one that was expected. */
    OUTDATED
  }

  /** The state of a twin. Never heard of is a state too: its revision is 0. */
  public record State(MachineState state) {}
}
