package twin.training.onnx;

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
import java.util.Arrays;
import java.util.List;

/**
 * An ONNX file in the making: float32 rows of shape [N, columns] go in, float32 rows of shape [N,
 * outputs] come out. Each step adds to the graph and gives the name of what it computes. The same
 * steps always give the same bytes. Not thread-safe.
 */
public final class OnnxGraph {
  private static final int IR_VERSION = 8;
  private static final int OPERATORS = 17;
  private static final int LEARNED_OPERATORS = 3;
  private static final String LEARNED = "ai.onnx.ml";
  private static final String INPUT = "features";

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("model");
  private final int columns;
  private int named;

  /** An empty graph whose rows have so many columns. */
  public OnnxGraph(int columns) {
    this.columns = columns;
  }

  /** How many numbers a row that goes in has. */
  public int width() {
    return columns;
  }

  /** The rows that go in. */
  public String input() {
    return INPUT;
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

  /**
   * An operator of the machine learning set, to which trees belong.
   *
   * @param inputs names of what it reads, in order
   */
  public String learnedNode(String operator, List<String> inputs, List<AttributeProto> attributes) {
    return add(
        operator(operator, inputs.toArray(String[]::new))
            .setDomain(LEARNED)
            .addAllAttribute(attributes));
  }

  /** Matrices of each row's first numbers, of the next ones, and so on. */
  public List<String> parts(String matrix, long... widths) {
    NodeProto.Builder node =
        operator("Split", matrix, integers(widths)).addAttribute(integer("axis", 1));
    List<String> parts = Arrays.stream(widths).mapToObj(width -> name()).toList();
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

  /** Some columns of a matrix, in the order given. */
  public String columns(String matrix, long... columns) {
    return add(operator("Gather", matrix, integers(columns)).addAttribute(integer("axis", 1)));
  }

  /** One number minus each of the matrix. */
  public String minus(float number, String matrix) {
    return add(operator("Sub", constant(new float[] {number}, 1), matrix));
  }

  /** Two matrices, number by number, where a single column or row stands for as many. */
  public String difference(String matrix, String subtracted) {
    return add(operator("Sub", matrix, subtracted));
  }

  /** Two matrices, number by number, where a single row stands for as many as are needed. */
  public String sum(String one, String other) {
    return add(operator("Add", one, other));
  }

  /** Two matrices, number by number, where a single row stands for as many as are needed. */
  public String product(String one, String other) {
    return add(operator("Mul", one, other));
  }

  /** Nothing below 0. */
  public String notNegative(String matrix) {
    return add(operator("Relu", matrix));
  }

  /** Nothing below the least and nothing above the most. */
  public String between(String matrix, float least, float most) {
    return add(
        operator("Clip", matrix, constant(new float[] {least}), constant(new float[] {most})));
  }

  /** Each row's numbers, rising. */
  public String rising(String matrix, int width) {
    NodeProto.Builder node =
        operator("TopK", matrix, integers(width))
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
            OperatorSetIdProto.newBuilder().setDomain(LEARNED).setVersion(LEARNED_OPERATORS))
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

  /** A whole number as an attribute. */
  public static AttributeProto integer(String name, long value) {
    return attribute(name, AttributeProto.AttributeType.INT).setI(value).build();
  }

  /** Several whole numbers as an attribute. */
  public static AttributeProto integers(String name, List<Long> values) {
    return attribute(name, AttributeProto.AttributeType.INTS).addAllInts(values).build();
  }

  /** Several numbers as an attribute. */
  public static AttributeProto floats(String name, List<Float> values) {
    return attribute(name, AttributeProto.AttributeType.FLOATS).addAllFloats(values).build();
  }

  /** A word as an attribute. */
  public static AttributeProto word(String name, String value) {
    return attribute(name, AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  /** Several words as an attribute. */
  public static AttributeProto words(String name, List<String> values) {
    return attribute(name, AttributeProto.AttributeType.STRINGS)
        .addAllStrings(values.stream().map(ByteString::copyFromUtf8).toList())
        .build();
  }

  private static AttributeProto.Builder attribute(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
