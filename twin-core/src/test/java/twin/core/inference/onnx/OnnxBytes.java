package twin.core.inference.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Writes small ONNX files for tests, so that the tests need no library for writing them. */
final class OnnxBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A regressor of complete trees whose thresholds and leaves come from the seed. */
  static byte[] randomTrees(int trees, int depth, int columns, int outputs, long seed) {
    Random random = new Random(seed);
    int inner = (1 << depth) - 1;
    int nodes = 2 * inner + 1;
    List<Long> treeIds = new ArrayList<>();
    List<Long> nodeIds = new ArrayList<>();
    List<Long> features = new ArrayList<>();
    List<Long> yes = new ArrayList<>();
    List<Long> no = new ArrayList<>();
    List<String> modes = new ArrayList<>();
    List<Float> values = new ArrayList<>();
    List<Long> targetTrees = new ArrayList<>();
    List<Long> targetNodes = new ArrayList<>();
    List<Long> targetIds = new ArrayList<>();
    List<Float> weights = new ArrayList<>();
    for (long tree = 0; tree < trees; tree++) {
      for (long node = 0; node < nodes; node++) {
        boolean leaf = node >= inner;
        treeIds.add(tree);
        nodeIds.add(node);
        features.add(leaf ? 0L : random.nextInt(columns));
        yes.add(leaf ? 0L : 2 * node + 1);
        no.add(leaf ? 0L : 2 * node + 2);
        modes.add(leaf ? "LEAF" : "BRANCH_LT");
        values.add(leaf ? 0f : random.nextFloat());
        if (leaf) {
          targetTrees.add(tree);
          targetNodes.add(node);
          targetIds.add(tree % outputs);
          weights.add(random.nextFloat() - 0.5f);
        }
      }
    }
    OnnxBytes node = node("TreeEnsembleRegressor", "ai.onnx.ml");
    node.message(5, integer("n_targets", outputs));
    node.message(5, integers("nodes_treeids", treeIds));
    node.message(5, integers("nodes_nodeids", nodeIds));
    node.message(5, integers("nodes_featureids", features));
    node.message(5, integers("nodes_truenodeids", yes));
    node.message(5, integers("nodes_falsenodeids", no));
    node.message(5, strings("nodes_modes", modes));
    node.message(5, floats("nodes_values", values));
    node.message(5, integers("target_treeids", targetTrees));
    node.message(5, integers("target_nodeids", targetNodes));
    node.message(5, integers("target_ids", targetIds));
    node.message(5, floats("target_weights", weights));
    return model(node, columns, outputs);
  }

  /** A model with one node of an operator that may or may not exist. */
  static byte[] oneOperator(String operator, int columns, int outputs) {
    return model(node(operator, ""), columns, outputs);
  }

  private static OnnxBytes node(String operator, String domain) {
    return new OnnxBytes().text(1, "features").text(2, "scores").text(4, operator).text(7, domain);
  }

  static byte[] model(OnnxBytes node, int columns, int outputs) {
    OnnxBytes graph =
        new OnnxBytes()
            .message(1, node)
            .text(2, "graph")
            .message(11, matrix("features", columns))
            .message(12, matrix("scores", outputs));
    return new OnnxBytes()
        .number(1, 8)
        .message(7, graph)
        .message(8, new OnnxBytes().text(1, "").number(2, 17))
        .message(8, new OnnxBytes().text(1, "ai.onnx.ml").number(2, 3))
        .out
        .toByteArray();
  }

  private static OnnxBytes matrix(String name, int columns) {
    OnnxBytes any = new OnnxBytes().text(2, "n");
    OnnxBytes fixed = new OnnxBytes();
    if (columns > 0) {
      fixed.number(1, columns);
    } else {
      fixed.text(2, "any");
    }
    OnnxBytes shape = new OnnxBytes().message(1, any).message(1, fixed);
    OnnxBytes tensor = new OnnxBytes().number(1, 1).message(2, shape);
    return new OnnxBytes().text(1, name).message(2, new OnnxBytes().message(1, tensor));
  }

  private static OnnxBytes integer(String name, long value) {
    return new OnnxBytes().text(1, name).number(3, value).number(20, 2);
  }

  private static OnnxBytes integers(String name, List<Long> values) {
    OnnxBytes attribute = new OnnxBytes().text(1, name);
    values.forEach(value -> attribute.number(8, value));
    return attribute.number(20, 7);
  }

  private static OnnxBytes floats(String name, List<Float> values) {
    ByteBuffer packed = ByteBuffer.allocate(4 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(packed::putFloat);
    return new OnnxBytes().text(1, name).bytes(7, packed.array()).number(20, 6);
  }

  private static OnnxBytes strings(String name, List<String> values) {
    OnnxBytes attribute = new OnnxBytes().text(1, name);
    values.forEach(value -> attribute.text(9, value));
    return attribute.number(20, 8);
  }

  OnnxBytes number(int field, long value) {
    varint((long) field << 3);
    varint(value);
    return this;
  }

  OnnxBytes text(int field, String value) {
    return bytes(field, value.getBytes(UTF_8));
  }

  OnnxBytes message(int field, OnnxBytes value) {
    return bytes(field, value.out.toByteArray());
  }

  OnnxBytes bytes(int field, byte[] value) {
    varint(((long) field << 3) | 2);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
