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
import java.util.List;

/**
 * An ONNX file while it is being written: float32 rows of shape [N, columns] go in, float32 rows of
 * shape [N, outputs] come out. The same calls give the same bytes. Not thread-safe.
 */
public final class Graph {

  /** Name of what goes in. */
  public static final String INPUT = "features";

  /** Name of what comes out. */
  public static final String OUTPUT = "scores";

  private static final int IR_VERSION = 8;
  private static final int OPERATORS = 17;

  private final GraphProto.Builder graph;

  /** A graph without nodes. */
  public Graph(String name, int columns, int outputs) {
    graph =
        GraphProto.newBuilder()
            .setName(name)
            .addInput(matrix(INPUT, columns))
            .addOutput(matrix(OUTPUT, outputs));
  }

  /** A node of the standard operators. */
  public static NodeProto.Builder node(String operator, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  /** A whole number as an attribute. */
  public static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  /** Some whole numbers as an attribute. */
  public static AttributeProto integers(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  /** Adds a node. */
  public Graph add(NodeProto.Builder node, AttributeProto... attributes) {
    graph.addNode(node.addAllAttribute(List.of(attributes)));
    return this;
  }

  /** Adds a constant row of whole numbers. */
  public Graph indices(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .addDims(values.length)
            .setDataType(TensorProto.DataType.INT64.getNumber());
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    graph.addInitializer(tensor);
    return this;
  }

  /** Adds a constant row of numbers. */
  public Graph numbers(String name, float... values) {
    return tensor(name, new long[] {values.length}, values);
  }

  /** Adds a constant of any shape, the last dimension running fastest. */
  public Graph tensor(String name, long[] shape, float... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT.getNumber());
    for (long length : shape) {
      tensor.addDims(length);
    }
    for (float value : values) {
      tensor.addFloatData(value);
    }
    graph.addInitializer(tensor);
    return this;
  }

  /** The file. */
  public byte[] bytes() {
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("twin-training")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPERATORS))
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
}
