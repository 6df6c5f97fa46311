package twin.core.history;

import java.util.ArrayList;
import java.util.List;

/**
 * All opinions while they are few; of more, the worst of either model in stretches of so many
 * readings each. When there are too many stretches, each two become one.
 */
final class WorstOpinions {

  private final int most;
  private List<Stretch> stretches = new ArrayList<>();
  private long length = 1;

  /**
   * Keeps nothing yet.
   *
   * @param most how many opinions are kept at most; at least 4
   */
  WorstOpinions(int most) {
    this.most = most;
  }

  /**
   * Some readings after one another.
   *
   * @param readings how many
   */
  private record Stretch(WhatIf.Opinion byRecorded, WhatIf.Opinion byCandidate, long readings) {

    Stretch and(Stretch next) {
      return new Stretch(
          next.byRecorded.recorded().badness() > byRecorded.recorded().badness()
              ? next.byRecorded
              : byRecorded,
          next.byCandidate.candidate().badness() > byCandidate.candidate().badness()
              ? next.byCandidate
              : byCandidate,
          readings + next.readings);
    }
  }

  void see(WhatIf.Opinion opinion) {
    Stretch one = new Stretch(opinion, opinion, 1);
    if (!stretches.isEmpty() && stretches.getLast().readings() < length) {
      stretches.add(stretches.removeLast().and(one));
      return;
    }
    // A stretch of one reading keeps one opinion, a longer one up to two.
    while (stretches.size() >= (length == 1 ? most : most / 2)) {
      joinPairs();
    }
    stretches.add(one);
  }

  private void joinPairs() {
    List<Stretch> joined = new ArrayList<>();
    for (int i = 0; i < stretches.size(); i += 2) {
      Stretch each = stretches.get(i);
      joined.add(i + 1 < stretches.size() ? each.and(stretches.get(i + 1)) : each);
    }
    stretches = joined;
    length *= 2;
  }

  /** In the order in which they were seen. */
  List<WhatIf.Opinion> kept() {
    List<WhatIf.Opinion> kept = new ArrayList<>();
    for (Stretch each : stretches) {
      WhatIf.Opinion then = each.byRecorded();
      WhatIf.Opinion now = each.byCandidate();
      boolean inOrder =
          then.revision() < now.revision()
              || (then.revision() == now.revision() && then.index() <= now.index());
      kept.add(inOrder ? then : now);
      if (!then.equals(now)) {
        kept.add(inOrder ? now : then);
      }
    }
    return kept;
  }
}
