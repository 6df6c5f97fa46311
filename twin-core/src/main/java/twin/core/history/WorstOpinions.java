package twin.core.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Of each stretch of events the worst opinion of either model. */
final class WorstOpinions {
  private final long first;
  private final long length;
  private final WhatIf.@Nullable Opinion[] worstRecorded;
  private final WhatIf.@Nullable Opinion[] worstCandidate;

  WorstOpinions(long first, long last, int points) {
    int stretches = Math.max(1, points / 2);
    this.first = first;
    this.length = Math.max(1, last - first + 1);
    worstRecorded = new WhatIf.Opinion[stretches];
    worstCandidate = new WhatIf.Opinion[stretches];
  }

  void see(WhatIf.Opinion opinion) {
    double share = (double) (opinion.revision() - first) / length;
    int stretch = Math.clamp((long) (share * worstRecorded.length), 0, worstRecorded.length - 1);
    WhatIf.Opinion then = worstRecorded[stretch];
    if (then == null || opinion.recorded().badness() > then.recorded().badness()) {
      worstRecorded[stretch] = opinion;
    }
    WhatIf.Opinion now = worstCandidate[stretch];
    if (now == null || opinion.candidate().badness() > now.candidate().badness()) {
      worstCandidate[stretch] = opinion;
    }
  }

  List<WhatIf.Opinion> kept() {
    List<WhatIf.Opinion> kept = new ArrayList<>();
    for (int i = 0; i < worstRecorded.length; i++) {
      WhatIf.Opinion then = worstRecorded[i];
      WhatIf.Opinion now = worstCandidate[i];
      if (then != null && now != null) {
        kept.add(then);
        if (!then.equals(now)) {
          kept.add(now);
        }
      }
    }
    kept.sort(Comparator.comparing(WhatIf.Opinion::at).thenComparingLong(WhatIf.Opinion::revision));
    return kept;
  }
}
