package twin.training.pump;

import java.util.List;
import twin.core.feature.FeatureVector;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxModel;
import twin.core.inference.onnx.OnnxSettings;

/** A gate that was just written, run as the twin will run it. */
final class ServedGate implements AutoCloseable {
  private final OnnxModel model;
  private final List<String> inputs;

  ServedGate(byte[] file, List<String> inputs) {
    this.inputs = List.copyOf(inputs);
    try {
      model = OnnxModel.load("gate", file, OnnxSettings.defaults());
    } catch (OnnxException e) {
      throw new IllegalStateException("the gate cannot be served: " + e.getMessage(), e);
    }
  }

  float[] scores(FeatureVector features) {
    float[] row = new float[inputs.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) features.get(inputs.get(i));
    }
    return scores(row);
  }

  float[] scores(float[] row) {
    try {
      return model.run(row, 1);
    } catch (OnnxException e) {
      throw new IllegalStateException("the gate cannot be run: " + e.getMessage(), e);
    }
  }

  int columns() {
    return model.columns();
  }

  @Override
  public void close() {
    model.close();
  }
}
