package twin.core.audit;

import java.util.Locale;

/**
 * Something that is not as it was recorded.
 *
 * @param machineId whose history it is in; empty for a seal
 * @param revision the event, the first one where it is about several; 0 for a seal
 * @param what the kind
 * @param detail a sentence for people
 */
public record Finding(String machineId, long revision, Kind what, String detail) {

  /** What can be found. */
  public enum Kind {
    /** Revisions are missing before one that is there. */
    MISSING_EVENT,
    /** The next event was recorded after another one than this. */
    BROKEN_LINK,
    /** It cannot be decoded, or cannot follow on the state before it. */
    UNREADABLE_EVENT,
    /** The row around it is not as twins write it. */
    FOREIGN_ROW,
    /** An archive file is not the one that was entered, or cannot be read. */
    WRONG_ARCHIVE,
    /** It is older than the one before it. */
    TIME_BACKWARDS,
    /** A snapshot is not the state that the events lead to. */
    WRONG_SNAPSHOT,
    /** The journal ends before a revision that is known to have been. */
    CUT_TAIL,
    /** The event of a sealed revision is another one than was sealed. */
    REWRITTEN,
    /** A line is no seal, or nobody trusted has signed it. */
    FORGED_SEAL,
    /** A seal is missing, or does not follow the one before it. */
    BROKEN_SEALS,
    /** The heads beside a seal are not those that it is over. */
    WRONG_HEADS,
    /** The check itself failed on this machine. */
    NOT_CHECKED;

    /** As the API and the command line name it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
