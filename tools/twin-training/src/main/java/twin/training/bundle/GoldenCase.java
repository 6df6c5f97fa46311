package twin.training.bundle;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.GoldenAnswers;
import twin.training.onnx.Served;

/** A row and what a bundle must say of it, which is what it says when it is written. */
public final class GoldenCase {

  private GoldenCase() {}

  /**
   * Asks the file that serves the parts.
   *
   * @param inputs the row by name, in the order in which the file reads it
   */
  public static GoldenAnswers.Case of(
      Served served, List<Part> parts, SequencedMap<String, Double> inputs) {
    float[] row = new float[inputs.size()];
    int column = 0;
    for (Double value : inputs.values()) {
      row[column++] = value.floatValue();
    }
    float[] answers = served.run(row);
    Map<Role, List<Float>> outputs = new EnumMap<>(Role.class);
    int from = 0;
    for (Part part : parts) {
      List<Float> ofRole = outputs.computeIfAbsent(part.role(), role -> new ArrayList<>());
      for (int i = 0; i < part.outputs().size(); i++) {
        ofRole.add(answers[from++]);
      }
    }
    return GoldenAnswers.Case.of(inputs, outputs);
  }
}
