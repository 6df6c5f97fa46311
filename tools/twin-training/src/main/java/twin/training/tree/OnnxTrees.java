package twin.training.tree;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.List;

/**
 * Writes tree ensembles as ONNX files: float32 rows of shape [N, columns] go in, float32 rows of
 * shape [N, outputs] come out. The same ensemble always gives the same bytes.
 */
public final class OnnxTrees {
  private static final int IR_VERSION = 8;
  private static final int OPERATORS = 17;
  private static final int TREE_OPERATORS = 3;
  private static final String INPUT = "features";
  private static final String OUTPUT = "scores";
  private static final String SUMS = "sums";

  private OnnxTrees() {}

  /**
   * Each output is the logistic function of its sum: a probability.
   *
   * <p>The tree operator's own logistic works number by number. The general Sigmoid operator works
   * on several at once, and its last bits may depend on how many rows there are. ONNX Runtime
   * leaves the tree operator's logistic out where there is a single output, so a single output gets
   * an empty second one beside it, which is then left behind.
   */
  public static byte[] probabilities(TreeEnsemble ensemble) {
    if (ensemble.outputs() > 1) {
      GraphProto.Builder graph =
          GraphProto.newBuilder().addNode(trees(ensemble, ensemble.outputs(), OUTPUT, "LOGISTIC"));
      return model(graph, ensemble);
    }
    String first = "first";
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addNode(trees(ensemble, 2, SUMS, "LOGISTIC"))
            .addNode(node("Gather", OUTPUT, SUMS, first).addAttribute(integer("axis", 1)))
            .addInitializer(wholeNumber(first, 0));
    return model(graph, ensemble);
  }

  /**
   * The outputs are estimates of rising quantiles of the height at which something ends, less the
   * height at which it is: a column of the row. Never negative.
   *
   * <p>Each row's quantiles are sorted, which makes those right that cross each other without
   * making any worse (Chernozhukov, Fernández-Val and Galichon, Econometrica 78, 2010).
   *
   * @param column where a row has the height at which it is
   */
  public static byte[] remaining(TreeEnsemble ensemble, int column) {
    String which = "which";
    String count = "count";
    String now = "now";
    String sorted = "sorted";
    String difference = "difference";
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addNode(trees(ensemble, ensemble.outputs(), SUMS, "NONE"))
            .addNode(
                node("TopK", sorted, SUMS, count)
                    .addOutput("order")
                    .addAttribute(integer("axis", 1))
                    .addAttribute(integer("largest", 0))
                    .addAttribute(integer("sorted", 1)))
            .addNode(node("Gather", now, INPUT, which).addAttribute(integer("axis", 1)))
            .addNode(node("Sub", difference, sorted, now))
            .addNode(node("Relu", OUTPUT, difference))
            .addInitializer(wholeNumber(count, ensemble.outputs()))
            .addInitializer(wholeNumber(which, column));
    return model(graph, ensemble);
  }

  private static NodeProto.Builder node(String operator, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  private static byte[] model(GraphProto.Builder graph, TreeEnsemble ensemble) {
    graph
        .setName("trees")
        .addInput(matrix(INPUT, ensemble.columns()))
        .addOutput(matrix(OUTPUT, ensemble.outputs()));
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("twin-training")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPERATORS))
        .addOpsetImport(
            OperatorSetIdProto.newBuilder().setDomain("ai.onnx.ml").setVersion(TREE_OPERATORS))
        .setGraph(graph)
        .build()
        .toByteArray();
  }

  private static ValueInfoProto matrix(String name, int columns) {
    TensorShapeProto shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("rows"))
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(columns))
            .build();
    TypeProto.Tensor tensor =
        TypeProto.Tensor.newBuilder()
            .setElemType(TensorProto.DataType.FLOAT.getNumber())
            .setShape(shape)
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  private static TensorProto wholeNumber(String name, long value) {
    return TensorProto.newBuilder()
        .setName(name)
        .addDims(1)
        .setDataType(TensorProto.DataType.INT64.getNumber())
        .addInt64Data(value)
        .build();
  }

  private static NodeProto trees(
      TreeEnsemble ensemble, int targets, String output, String transform) {
    AttributeProto.Builder treeIds = integers("nodes_treeids");
    AttributeProto.Builder nodeIds = integers("nodes_nodeids");
    AttributeProto.Builder columns = integers("nodes_featureids");
    AttributeProto.Builder left = integers("nodes_truenodeids");
    AttributeProto.Builder right = integers("nodes_falsenodeids");
    AttributeProto.Builder missingLeft = integers("nodes_missing_value_tracks_true");
    AttributeProto.Builder modes = attribute("nodes_modes", AttributeProto.AttributeType.STRINGS);
    AttributeProto.Builder thresholds = floats("nodes_values");
    AttributeProto.Builder leafTrees = integers("target_treeids");
    AttributeProto.Builder leafNodes = integers("target_nodeids");
    AttributeProto.Builder leafOutputs = integers("target_ids");
    AttributeProto.Builder leafValues = floats("target_weights");
    for (int id = 0; id < ensemble.trees().size(); id++) {
      Tree tree = ensemble.trees().get(id);
      for (int node = 0; node < tree.nodes(); node++) {
        boolean leaf = tree.isLeaf(node);
        treeIds.addInts(id);
        nodeIds.addInts(node);
        columns.addInts(leaf ? 0 : tree.column()[node]);
        left.addInts(leaf ? 0 : tree.left()[node]);
        right.addInts(leaf ? 0 : tree.right()[node]);
        missingLeft.addInts(!leaf && tree.missingLeft()[node] ? 1 : 0);
        modes.addStrings(ByteString.copyFromUtf8(leaf ? "LEAF" : "BRANCH_LT"));
        thresholds.addFloats(leaf ? 0f : tree.value()[node]);
        if (leaf) {
          leafTrees.addInts(id);
          leafNodes.addInts(node);
          leafOutputs.addInts(tree.output());
          leafValues.addFloats(tree.value()[node]);
        }
      }
    }
    return NodeProto.newBuilder()
        .setOpType("TreeEnsembleRegressor")
        .setDomain("ai.onnx.ml")
        .addInput(INPUT)
        .addOutput(output)
        .addAttribute(integer("n_targets", targets))
        .addAttribute(
            attribute("post_transform", AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(transform)))
        .addAttribute(treeIds)
        .addAttribute(nodeIds)
        .addAttribute(columns)
        .addAttribute(left)
        .addAttribute(right)
        .addAttribute(missingLeft)
        .addAttribute(modes)
        .addAttribute(thresholds)
        .addAttribute(leafTrees)
        .addAttribute(leafNodes)
        .addAttribute(leafOutputs)
        .addAttribute(leafValues)
        .build();
  }

  private static AttributeProto integer(String name, long value) {
    return attribute(name, AttributeProto.AttributeType.INT).setI(value).build();
  }

  private static AttributeProto.Builder integers(String name) {
    return attribute(name, AttributeProto.AttributeType.INTS);
  }

  private static AttributeProto.Builder floats(String name) {
    return attribute(name, AttributeProto.AttributeType.FLOATS);
  }

  private static AttributeProto.Builder attribute(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
