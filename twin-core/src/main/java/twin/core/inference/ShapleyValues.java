package twin.core.inference;

import java.util.Random;

/**
 * Shares out the difference between a model's answer to a reading and its answer to a usual one
 * among what the two differ in (Shapley, Contributions to the Theory of Games II, 1953; a feature
 * that takes no part has its usual value). The shares always sum to that difference.
 *
 * <p>Of up to {@link #EXACT_MAX} features all combinations are tried, and the shares are exact. Of
 * more, they are the mean over orders drawn from a fixed seed, each with its reverse, so that the
 * same question always has the same answer.
 */
public final class ShapleyValues {

  /** Up to so many features the shares are exact: 2⁸ answers of the model. */
  public static final int EXACT_MAX = 8;

  private static final int ORDERS = 4;
  private static final long SEED = 1;

  /** Asks the model once about many combinations. */
  public interface Answers {

    /**
     * The model's answers.
     *
     * @param present for each combination which features have their own value and not the usual
     * @return an answer for each combination
     */
    double[] of(boolean[][] present);
  }

  private ShapleyValues() {}

  /** The share of each feature. */
  public static double[] of(int features, Answers answers) {
    return features <= EXACT_MAX ? exact(features, answers) : estimated(features, answers);
  }

  private static double[] exact(int features, Answers answers) {
    boolean[][] present = new boolean[1 << features][features];
    for (int set = 0; set < present.length; set++) {
      for (int feature = 0; feature < features; feature++) {
        present[set][feature] = (set >> feature & 1) == 1;
      }
    }
    double[] answer = answers.of(present);
    double[] weights = weights(features);
    double[] shares = new double[features];
    for (int set = 0; set < present.length; set++) {
      for (int feature = 0; feature < features; feature++) {
        if (!present[set][feature]) {
          shares[feature] +=
              weights[Integer.bitCount(set)] * (answer[set | 1 << feature] - answer[set]);
        }
      }
    }
    return shares;
  }

  /** By how many others were there before: k! (n - k - 1)! / n!. */
  private static double[] weights(int features) {
    double[] weights = new double[features];
    for (int before = 0; before < features; before++) {
      double orders = features;
      for (int i = 1; i <= before; i++) {
        orders = orders * (features - i) / i;
      }
      weights[before] = 1 / orders;
    }
    return weights;
  }

  private static double[] estimated(int features, Answers answers) {
    int[][] orders = new int[2 * ORDERS][];
    Random random = new Random(SEED);
    for (int i = 0; i < orders.length; i += 2) {
      orders[i] = shuffled(features, random);
      orders[i + 1] = reversed(orders[i]);
    }
    boolean[][] present = new boolean[orders.length * (features + 1)][features];
    for (int order = 0; order < orders.length; order++) {
      int start = order * (features + 1);
      for (int step = 0; step < features; step++) {
        present[start + step + 1] = present[start + step].clone();
        present[start + step + 1][orders[order][step]] = true;
      }
    }
    double[] answer = answers.of(present);
    double[] shares = new double[features];
    for (int order = 0; order < orders.length; order++) {
      int start = order * (features + 1);
      for (int step = 0; step < features; step++) {
        shares[orders[order][step]] +=
            (answer[start + step + 1] - answer[start + step]) / orders.length;
      }
    }
    return shares;
  }

  private static int[] shuffled(int length, Random random) {
    int[] order = new int[length];
    for (int i = 0; i < length; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  private static int[] reversed(int[] order) {
    int[] reversed = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      reversed[i] = order[order.length - 1 - i];
    }
    return reversed;
  }
}
