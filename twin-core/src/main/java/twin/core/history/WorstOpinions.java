package twin.core.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * All opinions while they are few; of more, those with the greatest anomaly score and the greatest
 * probability of failure by either model, in stretches of so many readings each. When there are too
 * many stretches, each two become one.
 */
final class WorstOpinions {

  /** Two numbers of two models. */
  private static final int OF_A_STRETCH = 4;

  private static final Comparator<WhatIf.Opinion> IN_ORDER =
      Comparator.comparingLong(WhatIf.Opinion::revision).thenComparingInt(WhatIf.Opinion::index);

  private final int most;
  private List<Stretch> stretches = new ArrayList<>();
  private long length = 1;

  /**
   * Keeps nothing yet.
   *
   * @param most how many opinions are kept at most; at least twice as many as a stretch may have
   */
  WorstOpinions(int most) {
    this.most = most;
  }

  /**
   * Some readings after one another.
   *
   * @param readings how many
   */
  private record Stretch(
      WhatIf.Opinion recordedScore,
      WhatIf.Opinion candidateScore,
      WhatIf.Opinion recordedFailure,
      WhatIf.Opinion candidateFailure,
      long readings) {

    static Stretch of(WhatIf.Opinion one) {
      return new Stretch(one, one, one, one, 1);
    }

    Stretch and(Stretch next) {
      return new Stretch(
          worse(recordedScore, next.recordedScore, each -> each.recorded().scoreRatio()),
          worse(candidateScore, next.candidateScore, each -> each.candidate().scoreRatio()),
          worse(
              recordedFailure, next.recordedFailure, each -> each.recorded().failureProbability()),
          worse(
              candidateFailure,
              next.candidateFailure,
              each -> each.candidate().failureProbability()),
          readings + next.readings);
    }

    /** What is not there is better than any number. */
    private static WhatIf.Opinion worse(
        WhatIf.Opinion first, WhatIf.Opinion second, ToDoubleFunction<WhatIf.Opinion> number) {
      double before = number.applyAsDouble(first);
      double after = number.applyAsDouble(second);
      return after > before || (Double.isNaN(before) && !Double.isNaN(after)) ? second : first;
    }

    Stream<WhatIf.Opinion> kept() {
      return Stream.of(recordedScore, candidateScore, recordedFailure, candidateFailure)
          .distinct()
          .sorted(IN_ORDER);
    }
  }

  void see(WhatIf.Opinion opinion) {
    Stretch one = Stretch.of(opinion);
    if (!stretches.isEmpty() && stretches.getLast().readings() < length) {
      stretches.add(stretches.removeLast().and(one));
      return;
    }
    while (stretches.size() >= (length == 1 ? most : most / OF_A_STRETCH)) {
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
    return stretches.stream().flatMap(Stretch::kept).toList();
  }
}
