package twin.training.tree;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import twin.training.onnx.Matrix;

/**
 * Trees trained by XGBoost. The same rows, labels and settings give the same trees. Holds native
 * memory until it is closed; for one thread.
 */
public final class BoostedTrees implements AutoCloseable {
  private final Booster booster;

  private BoostedTrees(Booster booster) {
    this.booster = booster;
  }

  /** Trains for the probability that a label is 1. */
  public static BoostedTrees classifier(Matrix rows, float[] labels, Boosting boosting) {
    float[] weights = new float[labels.length];
    Arrays.fill(weights, 1f);
    return classifier(rows, labels, weights, boosting);
  }

  /**
   * Trains for the probability that a label is 1.
   *
   * @param weights how much each row counts
   */
  public static BoostedTrees classifier(
      Matrix rows, float[] labels, float[] weights, Boosting boosting) {
    return train(rows, labels, weights, boosting, Map.of("objective", "binary:logistic"));
  }

  /** Trains for the mean of the labels. */
  public static BoostedTrees mean(Matrix rows, float[] labels, Boosting boosting) {
    float[] weights = new float[labels.length];
    Arrays.fill(weights, 1f);
    return train(rows, labels, weights, boosting, Map.of("objective", "reg:squarederror"));
  }

  /**
   * Trains for quantiles of the labels, one output each, in the order given.
   *
   * @param weights how much each row counts
   */
  public static BoostedTrees quantiles(
      Matrix rows, float[] labels, float[] weights, List<Double> quantiles, Boosting boosting) {
    return train(
        rows,
        labels,
        weights,
        boosting,
        Map.of("objective", "reg:quantileerror", "quantile_alpha", quantiles.toString()));
  }

  private static BoostedTrees train(
      Matrix rows,
      float[] labels,
      float[] weights,
      Boosting boosting,
      Map<String, Object> objective) {
    Map<String, Object> parameters = boosting.parameters();
    parameters.putAll(objective);
    try {
      DMatrix matrix = matrix(rows);
      try {
        matrix.setLabel(labels);
        matrix.setWeight(weights);
        return new BoostedTrees(
            XGBoost.train(matrix, parameters, boosting.rounds(), Map.of(), null, null));
      } finally {
        matrix.dispose();
      }
    } catch (XGBoostError e) {
      throw new IllegalStateException("XGBoost could not train: " + e.getMessage(), e);
    }
  }

  /** What XGBoost itself predicts: row after row, a number for each output. */
  public float[] predict(Matrix rows) {
    try {
      DMatrix matrix = matrix(rows);
      try {
        float[][] predicted = booster.predict(matrix);
        int outputs = predicted[0].length;
        float[] flat = new float[predicted.length * outputs];
        for (int row = 0; row < predicted.length; row++) {
          System.arraycopy(predicted[row], 0, flat, row * outputs, outputs);
        }
        return flat;
      } finally {
        matrix.dispose();
      }
    } catch (XGBoostError e) {
      throw new IllegalStateException("XGBoost could not predict: " + e.getMessage(), e);
    }
  }

  /** The trees themselves, for writing. */
  public TreeEnsemble trees() {
    try {
      return XgboostModel.read(booster.toByteArray("json"));
    } catch (XGBoostError e) {
      throw new IllegalStateException("XGBoost could not save: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("XGBoost saved what cannot be read", e);
    }
  }

  @Override
  public void close() {
    booster.dispose();
  }

  private static DMatrix matrix(Matrix rows) throws XGBoostError {
    return new DMatrix(rows.values(), rows.rows(), rows.columns(), Float.NaN);
  }
}
