package twin.training.milling;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import twin.core.feature.FeatureVector;
import twin.core.type.MachineType;
import twin.training.onnx.Matrix;
import twin.training.replay.ReplayedTwins;

/**
 * What the models are trained from: for each recorded row the features that its twin had, and what
 * came of it.
 */
final class Examples {
  private static final int BLOCK_ROWS = 250;

  private final MachineType type;
  private final List<MillingRow> rows;
  private final List<FeatureVector> features;
  private final int[] machine;
  private final double[] endWearMin;
  private final double[] lastSeenWearMin;

  private Examples(MachineType type, MillingRecording recording, List<FeatureVector> features) {
    this.type = type;
    this.rows = recording.rows();
    this.features = features;
    this.machine =
        IntStream.range(0, recording.machines().size())
            .flatMap(m -> IntStream.generate(() -> m).limit(recording.machines().get(m).size()))
            .toArray();
    this.endWearMin = ToolLife.endWearMin(recording);
    this.lastSeenWearMin = ToolLife.lastSeenWearMin(recording);
  }

  /** Lets twins live through the recording and keeps the features that they had. */
  static Examples of(MillingRecording recording) {
    try (ReplayedTwins twins = ReplayedTwins.withoutModels(MillingRecording.TYPE)) {
      List<FeatureVector> features =
          recording.statesAfter(twins).stream().map(ReplayedTwins::features).toList();
      return new Examples(twins.type(), recording, features);
    }
  }

  MachineType type() {
    return type;
  }

  int size() {
    return rows.size();
  }

  MillingRow row(int row) {
    return rows.get(row);
  }

  /** The machine of each row. */
  int[] machines() {
    return machine.clone();
  }

  /** The block of 250 consecutive numbers that each row belongs to. */
  int[] blocks() {
    return rows.stream().mapToInt(row -> (row.udi() - 1) / BLOCK_ROWS).toArray();
  }

  double feature(int row, String name) {
    return features.get(row).get(name);
  }

  /** The named features of all rows, single precision as they are served. */
  Matrix matrix(List<String> names) {
    float[] values = new float[size() * names.size()];
    for (int row = 0; row < size(); row++) {
      for (int column = 0; column < names.size(); column++) {
        values[row * names.size() + column] = (float) feature(row, names.get(column));
      }
    }
    return new Matrix(values, size(), names.size());
  }

  boolean[] failed() {
    boolean[] failed = new boolean[size()];
    for (int row = 0; row < failed.length; row++) {
      failed[row] = rows.get(row).failed();
    }
    return failed;
  }

  boolean[] failedOf(String failureMode) {
    boolean[] failed = new boolean[size()];
    for (int row = 0; row < failed.length; row++) {
      failed[row] = rows.get(row).failureModes().contains(failureMode);
    }
    return failed;
  }

  /** The wear at which the row's tool ended; NaN where that is not known. */
  double endWearMin(int row) {
    return endWearMin[row];
  }

  /** The greatest wear that the row's tool was seen with. */
  double lastSeenWearMin(int row) {
    return lastSeenWearMin[row];
  }

  static float[] labels(boolean[] truth) {
    float[] labels = new float[truth.length];
    for (int row = 0; row < labels.length; row++) {
      labels[row] = truth[row] ? 1 : 0;
    }
    return labels;
  }

  static float[] select(float[] of, int[] rows) {
    float[] selected = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      selected[i] = of[rows[i]];
    }
    return selected;
  }

  static int[] all(int size) {
    return IntStream.range(0, size).toArray();
  }

  static double[] select(double[] of, int[] rows) {
    return Arrays.stream(rows).mapToDouble(row -> of[row]).toArray();
  }
}
