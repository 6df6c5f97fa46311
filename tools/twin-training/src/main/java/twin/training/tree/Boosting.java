package twin.training.tree;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How trees are boosted.
 *
 * @param rounds trees for each output
 * @param depth most questions between the root and a leaf
 * @param learningRate how much of each tree counts
 * @param rowShare share of the rows that each tree sees
 * @param columnShare share of the columns that each tree sees
 * @param leafWeightMin least sum of second derivatives in a leaf
 * @param ridge penalty on the squares of the leaves
 * @param steps how many values of a column are tried as thresholds; 0: all of them, which finds the
 *     exact limits of rare things and takes long for many rows
 * @param seed of the random choices
 */
public record Boosting(
    int rounds,
    int depth,
    double learningRate,
    double rowShare,
    double columnShare,
    double leafWeightMin,
    double ridge,
    int steps,
    long seed) {

  /** The same with another seed. */
  public Boosting withSeed(long newSeed) {
    return new Boosting(
        rounds, depth, learningRate, rowShare, columnShare, leafWeightMin, ridge, steps, newSeed);
  }

  /** XGBoost's parameters: one thread, so that sums are always added in the same order. */
  Map<String, Object> parameters() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    if (steps == 0) {
      parameters.put("tree_method", "exact");
    } else {
      parameters.put("tree_method", "hist");
      parameters.put("max_bin", steps);
    }
    parameters.put("nthread", 1);
    parameters.put("verbosity", 0);
    parameters.put("max_depth", depth);
    parameters.put("eta", learningRate);
    parameters.put("subsample", rowShare);
    parameters.put("colsample_bytree", columnShare);
    parameters.put("min_child_weight", leafWeightMin);
    parameters.put("lambda", ridge);
    parameters.put("seed", seed);
    return parameters;
  }
}
