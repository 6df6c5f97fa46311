package twin.core.drift;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Counts of groups of machines in stretches of time, put together in several ways. */
final class Units {

  /** In how many groups machines are, by hash of their ids. */
  static final int GROUPS = 16;

  /** How many stretches of time a window has. */
  static final int SLOTS = 24;

  /** Of fewer and longer stretches of time it takes too much to tell what chance would give. */
  private static final int STRETCHES_MIN = SLOTS / 2;

  private Units() {}

  static long[] sum(List<long[]> units, int length) {
    long[] sum = new long[length];
    for (long[] unit : units) {
      for (int i = 0; i < Math.min(length, unit.length); i++) {
        sum[i] += unit[i];
      }
    }
    return sum;
  }

  /**
   * The divisions for {@link Divergence}: by groups of machines, which differ by chance only; of
   * too few machines by stretches of time, which become longer. Time is second best, for what all
   * machines do at the same hour, and what changes in a window, looks like chance in it.
   *
   * @param slots for each stretch of time the groups one after another, each with its bins
   */
  static List<List<long[]>> divisions(List<long[]> slots, int bins) {
    long[] all = sum(slots, GROUPS * bins);
    List<long[]> groups = new ArrayList<>();
    for (int group = 0; group < GROUPS; group++) {
      long[] unit = Arrays.copyOfRange(all, group * bins, (group + 1) * bins);
      if (Arrays.stream(unit).anyMatch(count -> count > 0)) {
        groups.add(unit);
      }
    }
    List<List<long[]>> divisions = new ArrayList<>();
    divisions.add(groups);
    if (groups.size() < Divergence.UNITS_MIN) {
      List<long[]> stretches = slots.stream().map(slot -> collapsed(slot, bins)).toList();
      while (stretches.size() >= STRETCHES_MIN) {
        divisions.add(stretches);
        stretches = twiceAsLong(stretches, bins);
      }
    }
    return divisions;
  }

  private static List<long[]> twiceAsLong(List<long[]> stretches, int bins) {
    List<long[]> longer = new ArrayList<>();
    for (int i = 0; i < stretches.size(); i += 2) {
      longer.add(sum(stretches.subList(i, Math.min(i + 2, stretches.size())), bins));
    }
    return longer;
  }

  /** The groups together. */
  static long[] collapsed(long[] slot, int bins) {
    long[] sum = new long[bins];
    for (int i = 0; i < slot.length; i++) {
      sum[i % bins] += slot[i];
    }
    return sum;
  }
}
