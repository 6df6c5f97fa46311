package twin.training.milling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import twin.training.onnx.Matrix;
import twin.training.quality.BinaryFigures;
import twin.training.tree.BoostedTrees;
import twin.training.tree.Boosting;

/**
 * Trains for the wear at which a tool ends; what remains is that less the wear it has.
 *
 * <p>The rows of censored tools are neither left out nor taken to end when the recording stops. The
 * first would favour tools that end early, the second is false. Instead each such row counts as
 * several, whose ends are spread evenly over those observed ends that lie beyond the wear at which
 * the tool was last seen: Efron's redistribution to the right, by which the Kaplan–Meier estimate
 * is built. A row whose tool outlived every observed end has nothing to stand for it and is left
 * out.
 */
final class RulModel {
  static final List<Double> QUANTILES = List.of(0.1, 0.5, 0.9);
  static final List<String> OUTPUTS = List.of("p10", "p50", "p90");

  /** The wear comes first: what remains is computed from this column. */
  static final List<String> INPUTS = List.of("tool_wear_min");

  private static final Boosting BOOSTING = new Boosting(60, 3, 0.1, 0.8, 1, 20, 1, 256, 0);
  private static final int STAND_INS = 9;

  private RulModel() {}

  /** Trains on some rows. */
  static BoostedTrees train(Examples examples, int[] rows, long seed) {
    double[] observed = observedEnds(examples, rows);
    List<Integer> chosen = new ArrayList<>();
    List<Double> ends = new ArrayList<>();
    List<Float> weights = new ArrayList<>();
    for (int row : rows) {
      double end = examples.endWearMin(row);
      double[] standIns =
          Double.isNaN(end)
              ? standIns(observed, examples.lastSeenWearMin(row))
              : new double[] {end};
      for (double standIn : standIns) {
        chosen.add(row);
        ends.add(standIn);
        weights.add(1f / standIns.length);
      }
    }
    Matrix matrix =
        examples.matrix(INPUTS).select(chosen.stream().mapToInt(Integer::intValue).toArray());
    return BoostedTrees.quantiles(
        matrix, floats(ends), floats(weights), QUANTILES, BOOSTING.withSeed(seed));
  }

  /** What remains of each row's tool: quantiles, rising and never negative. */
  static float[] remaining(BoostedTrees ends, Matrix rows) {
    float[] remaining = ends.predict(rows);
    int width = QUANTILES.size();
    for (int row = 0; row < rows.rows(); row++) {
      Arrays.sort(remaining, width * row, width * (row + 1));
      for (int i = width * row; i < width * (row + 1); i++) {
        remaining[i] = Math.max(0, remaining[i] - rows.values()[row]);
      }
    }
    return remaining;
  }

  /** The wear at which each tool ended that is seen to end, once for each tool. */
  private static double[] observedEnds(Examples examples, int[] rows) {
    List<Double> ends = new ArrayList<>();
    for (int row : rows) {
      if (examples.row(row).toolWearMin() == examples.endWearMin(row)) {
        ends.add(examples.endWearMin(row));
      }
    }
    return ends.stream().mapToDouble(Double::doubleValue).toArray();
  }

  static double[] standIns(double[] observedEnds, double lastSeenWearMin) {
    double[] later = Arrays.stream(observedEnds).filter(end -> end > lastSeenWearMin).toArray();
    double[] standIns = new double[later.length == 0 ? 0 : STAND_INS];
    for (int i = 0; i < standIns.length; i++) {
      standIns[i] = BinaryFigures.quantile(later, (i + 0.5) / STAND_INS);
    }
    return standIns;
  }

  private static float[] floats(List<? extends Number> numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = numbers.get(i).floatValue();
    }
    return floats;
  }
}
