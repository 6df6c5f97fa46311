package twin.core.inference.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import twin.core.inference.onnx.OnnxException.Reason;

/**
 * What an ONNX file says of itself, read straight from its protobuf bytes before any native code
 * sees them.
 *
 * <p>This is here because DJL hides the declared shapes, and because ONNX Runtime believes a tree
 * ensemble that asks for column 40 of a row of 10: it would read past the end of the row. The field
 * numbers are those of {@code onnx.proto}.
 *
 * @param columns numbers in a row that goes in
 * @param outputs numbers in a row that comes out
 */
record OnnxOutline(int columns, int outputs) {
  private static final int FLOAT = 1;
  private static final int EXTERNAL = 1;

  /** Reads and checks a file. */
  static OnnxOutline read(byte[] file) throws OnnxException {
    Model model = new Model();
    try {
      model.read(ByteBuffer.wrap(file));
    } catch (IllegalArgumentException | java.nio.BufferUnderflowException e) {
      throw new OnnxException(Reason.MALFORMED, "These bytes are no ONNX model.", e);
    }
    return model.outline();
  }

  private static final class Model {
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<Tensor> outputs = new ArrayList<>();
    private final List<String> unsupported = new ArrayList<>();
    private int graphs;
    private long columnMax = -1;
    private long columnMin;

    void read(ByteBuffer bytes) {
      Field field = new Field();
      while (field.next(bytes)) {
        if (field.number == 7) {
          graphs++;
          graph(field.message());
        } else if (field.number == 25) {
          unsupported.add("functions of its own");
        }
      }
    }

    private void graph(ByteBuffer bytes) {
      Field field = new Field();
      while (field.next(bytes)) {
        switch (field.number) {
          case 1 -> node(field.message());
          case 5 -> initializer(field.message());
          case 11 -> inputs.add(Tensor.read(field.message()));
          case 12 -> outputs.add(Tensor.read(field.message()));
          default -> {}
        }
      }
    }

    private void node(ByteBuffer bytes) {
      Field field = new Field();
      while (field.next(bytes)) {
        if (field.number == 5) {
          attribute(field.message());
        }
      }
    }

    private void attribute(ByteBuffer bytes) {
      String name = "";
      List<Long> integers = new ArrayList<>();
      Field field = new Field();
      while (field.next(bytes)) {
        switch (field.number) {
          case 1 -> name = field.text();
          case 5, 10 -> initializer(field.message());
          case 6, 11 -> unsupported.add("a graph inside a graph");
          case 8 -> field.integers(integers);
          default -> {}
        }
      }
      if (name.equals("nodes_featureids")) {
        for (long column : integers) {
          columnMax = Math.max(columnMax, column);
          columnMin = Math.min(columnMin, column);
        }
      }
    }

    private void initializer(ByteBuffer bytes) {
      Field field = new Field();
      while (field.next(bytes)) {
        if (field.number == 13 || (field.number == 14 && field.value == EXTERNAL)) {
          unsupported.add("data in another file");
        }
      }
    }

    OnnxOutline outline() throws OnnxException {
      if (graphs != 1) {
        throw new OnnxException(Reason.MALFORMED, "An ONNX model has one graph, not " + graphs);
      }
      if (!unsupported.isEmpty()) {
        throw new OnnxException(
            Reason.UNSUPPORTED, "The model has " + unsupported.getFirst() + ".");
      }
      int columns = width("input", inputs);
      if (columnMin < 0 || columnMax >= columns) {
        throw new OnnxException(
            Reason.WRONG_SHAPE,
            "The model's trees ask for column "
                + (columnMin < 0 ? columnMin : columnMax)
                + " of rows with "
                + columns
                + " columns.");
      }
      return new OnnxOutline(columns, width("output", outputs));
    }

    private static int width(String what, List<Tensor> tensors) throws OnnxException {
      if (tensors.size() != 1) {
        throw new OnnxException(
            Reason.WRONG_SHAPE, "The model must have one " + what + ", not " + tensors.size());
      }
      Tensor tensor = tensors.getFirst();
      boolean rows = tensor.dimensions.size() == 2 && tensor.dimensions.getFirst().isEmpty();
      OptionalLong width = rows ? tensor.dimensions.getLast() : OptionalLong.empty();
      long columns = width.orElse(0);
      if (tensor.elementType != FLOAT || columns < 1 || columns > Short.MAX_VALUE) {
        throw new OnnxException(
            Reason.WRONG_SHAPE,
            "The model's " + what + " must be float32 of shape [any, fixed number of columns].");
      }
      return (int) columns;
    }
  }

  private record Tensor(int elementType, List<OptionalLong> dimensions) {

    static Tensor read(ByteBuffer valueInfo) {
      ByteBuffer tensorType = child(child(valueInfo, 2), 1);
      int elementType = 0;
      List<OptionalLong> dimensions = new ArrayList<>();
      Field field = new Field();
      while (field.next(tensorType)) {
        if (field.number == 1) {
          elementType = (int) field.value;
        } else if (field.number == 2) {
          ByteBuffer shape = field.message();
          Field dimension = new Field();
          while (dimension.next(shape)) {
            if (dimension.number == 1) {
              dimensions.add(size(dimension.message()));
            }
          }
        }
      }
      return new Tensor(elementType, dimensions);
    }

    private static OptionalLong size(ByteBuffer dimension) {
      Field field = new Field();
      OptionalLong size = OptionalLong.empty();
      while (field.next(dimension)) {
        if (field.number == 1) {
          size = OptionalLong.of(field.value);
        }
      }
      return size;
    }

    private static ByteBuffer child(ByteBuffer message, int number) {
      Field field = new Field();
      ByteBuffer found = ByteBuffer.allocate(0);
      while (field.next(message)) {
        if (field.number == number) {
          found = field.message();
        }
      }
      return found;
    }
  }

  /** One field of a protobuf message, moved along the message by {@link #next}. */
  private static final class Field {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private int number;
    private int wireType;
    private long value;
    private ByteBuffer body = ByteBuffer.allocate(0);

    boolean next(ByteBuffer from) {
      if (!from.hasRemaining()) {
        return false;
      }
      long key = varint(from);
      number = (int) (key >>> 3);
      wireType = (int) (key & 7);
      switch (wireType) {
        case VARINT -> value = varint(from);
        case FIXED64 -> value = from.getLong();
        case FIXED32 -> value = from.getInt();
        case BYTES -> {
          long length = varint(from);
          if (length < 0 || length > from.remaining()) {
            throw new IllegalArgumentException("a field is longer than its message");
          }
          body = from.slice(from.position(), (int) length);
          from.position(from.position() + (int) length);
        }
        default -> throw new IllegalArgumentException("unknown wire type " + wireType);
      }
      return true;
    }

    ByteBuffer message() {
      if (wireType != BYTES) {
        throw new IllegalArgumentException("field " + number + " should be a message");
      }
      return body;
    }

    String text() {
      return UTF_8.decode(message().duplicate()).toString();
    }

    /** Whole numbers come packed into one field or as a field each; both are lawful. */
    void integers(List<Long> into) {
      if (wireType == VARINT) {
        into.add(value);
        return;
      }
      ByteBuffer packed = message().duplicate();
      while (packed.hasRemaining()) {
        into.add(varint(packed));
      }
    }

    private static long varint(ByteBuffer from) {
      long result = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        byte next = from.get();
        result |= (long) (next & 0x7F) << shift;
        if (next >= 0) {
          return result;
        }
      }
      throw new IllegalArgumentException("a number of more than 64 bits");
    }
  }
}
