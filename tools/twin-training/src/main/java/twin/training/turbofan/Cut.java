package twin.training.turbofan;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import twin.training.turbofan.EngineLives.Life;

/**
 * A moment at which a life is looked at: at random, as the published test files stop their engines.
 *
 * @param life which life
 * @param row the last cycle that is seen, from 0
 */
record Cut(int life, int row) {
  private static final int SEEN_LEAST = 20;
  private static final int REMAINING_LEAST = 6;

  // The greatest that remains in the published test files of engines that fly in one regime, and of
  // those that fly in several.
  private static final int REMAINING_MOST_ONE_REGIME = 145;
  private static final int REMAINING_MOST_MANY_REGIMES = 195;

  /** Several cuts of each life that is long enough, what remains spread evenly. */
  static List<Cut> ofEach(List<Life> lives, int cutsALife, long seed) {
    Random random = new Random(seed);
    List<Cut> cuts = new ArrayList<>();
    for (int life = 0; life < lives.size(); life++) {
      Life of = lives.get(life);
      int most =
          of.engine().manyRegimes() ? REMAINING_MOST_MANY_REGIMES : REMAINING_MOST_ONE_REGIME;
      int span = Math.min(most, of.cycles() - SEEN_LEAST) - REMAINING_LEAST + 1;
      for (int i = 0; i < cutsALife && span > 0; i++) {
        int remaining = REMAINING_LEAST + random.nextInt(span);
        cuts.add(new Cut(life, of.cycles() - 1 - remaining));
      }
    }
    return cuts;
  }
}
