package twin.training.tree;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the trees out of a model that XGBoost saved as JSON. */
final class XgboostModel {
  private static final ObjectMapper JSON = new ObjectMapper();

  private XgboostModel() {}

  /**
   * Reads a saved model.
   *
   * <p>The base score goes into the leaves of each output's first tree. XGBoost starts its sums
   * with it and adds in float32, tree after tree; done this way ONNX Runtime adds the same numbers
   * in the same order, where a separate base value would be added last.
   */
  static TreeEnsemble read(byte[] json) throws IOException {
    JsonNode learner = JSON.readTree(json).required("learner");
    JsonNode parameters = learner.required("learner_model_param");
    JsonNode model = learner.required("gradient_booster").required("model");
    int columns = Integer.parseInt(parameters.required("num_feature").asText());
    int[] outputOfTree = integers(model.required("tree_info"));
    int outputs = 1;
    for (int output : outputOfTree) {
      outputs = Math.max(outputs, output + 1);
    }
    float base =
        margin(
            learner.required("objective").required("name").asText(),
            Float.parseFloat(parameters.required("base_score").asText()));
    boolean[] hasBase = new boolean[outputs];
    List<Tree> trees = new ArrayList<>();
    for (JsonNode saved : model.required("trees")) {
      int output = outputOfTree[trees.size()];
      trees.add(tree(saved, output).moved(output, hasBase[output] ? 0f : base));
      hasBase[output] = true;
    }
    return new TreeEnsemble(columns, outputs, trees);
  }

  /** The base score is saved as the objective shows it: a probability for a logistic one. */
  private static float margin(String objective, float baseScore) {
    return switch (objective) {
      case "binary:logistic" -> (float) -Math.log(1.0 / baseScore - 1.0);
      case "reg:squarederror", "reg:quantileerror" -> baseScore;
      default -> throw new IllegalArgumentException("unknown objective " + objective);
    };
  }

  private static Tree tree(JsonNode saved, int output) {
    if (!saved.required("categories").isEmpty()) {
      throw new IllegalArgumentException("splits by category are not supported");
    }
    int[] defaultLeft = integers(saved.required("default_left"));
    boolean[] missingLeft = new boolean[defaultLeft.length];
    for (int node = 0; node < missingLeft.length; node++) {
      missingLeft[node] = defaultLeft[node] != 0;
    }
    return new Tree(
        output,
        integers(saved.required("left_children")),
        integers(saved.required("right_children")),
        integers(saved.required("split_indices")),
        floats(saved.required("split_conditions")),
        missingLeft);
  }

  private static int[] integers(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).intValue();
    }
    return values;
  }

  /** Parsed from the text: by way of a double some numbers would be rounded twice. */
  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(array.get(i).asText());
    }
    return values;
  }
}
