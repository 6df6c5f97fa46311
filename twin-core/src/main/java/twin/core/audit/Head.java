package twin.core.audit;

import java.util.HexFormat;
import twin.core.machine.EventHash;
import twin.core.reading.SubmittedReading;

/**
 * Where a machine's chain of events ended at some moment. Once true it is true for ever: the event
 * of this revision has this hash.
 *
 * @param machineId the machine
 * @param revision of its last event
 * @param hash of that event
 */
record Head(String machineId, long revision, EventHash hash) {

  Head {
    if (!isId(machineId) || revision < 1) {
      throw new IllegalArgumentException("no head: " + machineId + " at " + revision);
    }
  }

  /** Whether a machine of this name can be sealed: those with another no twin has recorded. */
  static boolean isId(String machineId) {
    return SubmittedReading.isMachineId(machineId);
  }

  /** As it stands in a file of heads, and as it is hashed: id, revision and hash. */
  String line() {
    return machineId + " " + revision + " " + hash;
  }

  /**
   * A line of a file of heads.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Head of(String line) {
    String[] parts = line.split(" ", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException("a line has id, revision and hash, not: " + line);
    }
    return new Head(
        parts[0], Long.parseLong(parts[1]), EventHash.of(HexFormat.of().parseHex(parts[2])));
  }
}
