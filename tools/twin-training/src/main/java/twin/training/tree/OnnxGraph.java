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
 * An ONNX file in the making: float32 rows of shape [N, columns] go in, float32 rows of shape [N,
 * outputs] come out. Each step adds to the graph and gives the name of what it computes. The same
 * steps always give the same bytes. Not thread-safe.
 */
public final class OnnxGraph {
  private static final int IR_VERSION = 8;
  private static final int OPERATORS = 17;
  private static final int TREE_OPERATORS = 3;
  private static final String INPUT = "features";

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("model");
  private final int columns;
  private int named;

  /** An empty graph whose rows have so many columns. */
  public OnnxGraph(int columns) {
    this.columns = columns;
  }

  /** The rows that go in. */
  public String input() {
    return INPUT;
  }

  /**
   * The sums of the trees, an output of the ensemble a column. The trees may ask for fewer columns
   * than a row has: for its first ones.
   */
  public String sums(TreeEnsemble ensemble) {
    return trees(ensemble, ensemble.outputs(), "NONE");
  }

  /**
   * The logistic function of the sums: probabilities.
   *
   * <p>The tree operator's own logistic works number by number. The general Sigmoid operator works
   * on several at once, and its last bits may depend on how many rows there are. ONNX Runtime
   * leaves the tree operator's logistic out where there is a single output, so a single output gets
   * an empty second one beside it, which is then left behind.
   */
  public String probabilities(TreeEnsemble ensemble) {
    return ensemble.outputs() > 1
        ? trees(ensemble, ensemble.outputs(), "LOGISTIC")
        : column(trees(ensemble, 2, "LOGISTIC"), 0);
  }

  /**
   * An operator of the standard set.
   *
   * @param inputs names of what it reads, in order
   */
  public String node(String operator, List<String> inputs, AttributeProto... attributes) {
    return add(
        operator(operator, inputs.toArray(String[]::new)).addAllAttribute(List.of(attributes)));
  }

  /** Two matrices of each row's first numbers and of the rest. */
  public List<String> parts(String matrix, int first, int rest) {
    NodeProto.Builder node =
        operator("Split", matrix, integers(first, rest)).addAttribute(integer("axis", 1));
    List<String> parts = List.of(name(), name());
    graph.addNode(node.setName(parts.getFirst()).addAllOutput(parts));
    return parts;
  }

  /**
   * Numbers that never change.
   *
   * @param shape their shape, the last dimension running fastest; none for a single number
   */
  public String constant(float[] values, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name())
            .setDataType(TensorProto.DataType.FLOAT.getNumber());
    for (long length : shape) {
      tensor.addDims(length);
    }
    for (float value : values) {
      tensor.addFloatData(value);
    }
    graph.addInitializer(tensor);
    return tensor.getName();
  }

  /** A list of whole numbers that never change. */
  public String integers(long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name())
            .addDims(values.length)
            .setDataType(TensorProto.DataType.INT64.getNumber());
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    graph.addInitializer(tensor);
    return tensor.getName();
  }

  /** One column of a matrix, as a matrix of that column. */
  public String column(String matrix, int column) {
    return add(operator("Gather", matrix, wholeNumber(column)).addAttribute(integer("axis", 1)));
  }

  /** One number minus each of the matrix. */
  public String minus(float number, String matrix) {
    return add(operator("Sub", number(number), matrix));
  }

  /** Two matrices, number by number, where a single column stands for as many as are needed. */
  public String difference(String matrix, String subtracted) {
    return add(operator("Sub", matrix, subtracted));
  }

  /** Two matrices of the same shape, number by number. */
  public String product(String one, String other) {
    return add(operator("Mul", one, other));
  }

  /** Nothing below 0. */
  public String notNegative(String matrix) {
    return add(operator("Relu", matrix));
  }

  /** Each row's numbers, rising. */
  public String rising(String matrix, int width) {
    NodeProto.Builder node =
        operator("TopK", matrix, wholeNumber(width))
            .addAttribute(integer("axis", 1))
            .addAttribute(integer("largest", 0))
            .addAttribute(integer("sorted", 1));
    String sorted = name();
    graph.addNode(node.addOutput(sorted).addOutput(name()));
    return sorted;
  }

  /** The columns of all matrices, one after another. */
  public String beside(List<String> matrices) {
    return add(
        operator("Concat", matrices.toArray(String[]::new)).addAttribute(integer("axis", 1)));
  }

  /** The file that gives a matrix of so many columns. */
  public byte[] write(String matrix, int outputs) {
    graph.addInput(matrix(INPUT, columns)).addOutput(matrix(matrix, outputs));
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

  private String add(NodeProto.Builder node) {
    String output = name();
    // ONNX Runtime names what it fuses after the nodes, and refuses two of the same name.
    graph.addNode(node.setName(output).addOutput(output));
    return output;
  }

  private String name() {
    named++;
    return "t" + named;
  }

  private static NodeProto.Builder operator(String operator, String... inputs) {
    return NodeProto.newBuilder().setOpType(operator).addAllInput(List.of(inputs));
  }

  private String wholeNumber(long value) {
    String name = name();
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .addDims(1)
            .setDataType(TensorProto.DataType.INT64.getNumber())
            .addInt64Data(value));
    return name;
  }

  private String number(float value) {
    String name = name();
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .addDims(1)
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .addFloatData(value));
    return name;
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

  private String trees(TreeEnsemble ensemble, int targets, String transform) {
    if (ensemble.columns() > columns) {
      throw new IllegalArgumentException(
          "trees over %d columns in a graph of %d".formatted(ensemble.columns(), columns));
    }
    AttributeProto.Builder treeIds = integers("nodes_treeids");
    AttributeProto.Builder nodeIds = integers("nodes_nodeids");
    AttributeProto.Builder asked = integers("nodes_featureids");
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
        asked.addInts(leaf ? 0 : tree.column()[node]);
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
    return add(
        operator("TreeEnsembleRegressor", INPUT)
            .setDomain("ai.onnx.ml")
            .addAttribute(integer("n_targets", targets))
            .addAttribute(
                attribute("post_transform", AttributeProto.AttributeType.STRING)
                    .setS(ByteString.copyFromUtf8(transform)))
            .addAttribute(treeIds)
            .addAttribute(nodeIds)
            .addAttribute(asked)
            .addAttribute(left)
            .addAttribute(right)
            .addAttribute(missingLeft)
            .addAttribute(modes)
            .addAttribute(thresholds)
            .addAttribute(leafTrees)
            .addAttribute(leafNodes)
            .addAttribute(leafOutputs)
            .addAttribute(leafValues));
  }

  /** A whole number as an attribute. */
  public static AttributeProto integer(String name, long value) {
    return attribute(name, AttributeProto.AttributeType.INT).setI(value).build();
  }

  /** Several whole numbers as an attribute. */
  public static AttributeProto integers(String name, List<Long> values) {
    return integers(name).addAllInts(values).build();
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
