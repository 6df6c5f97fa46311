package twin.core.inference.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.Input;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Sequence;
import twin.core.inference.InferenceException;
import twin.core.type.FeatureSpec;

/**
 * One file of a bundle with the parts that it serves; it runs once for all of them. A row that goes
 * in has the features first and then the values of the last readings, oldest first.
 *
 * <p>Safe for use by many threads.
 */
final class BundleModel implements AutoCloseable {

  /** A part, the columns without which it is not asked, and which of the outputs are its own. */
  @SuppressWarnings("ArrayRecordComponent") // Written once and never compared.
  private record Served(int part, int[] needed, int from, int to) {}

  /** Where in a machine type's features and columns those of the rows are. */
  @SuppressWarnings("ArrayRecordComponent") // Written once and never compared.
  private record Positions(List<FeatureSpec> specs, int[] features, int[] columns) {}

  private final BundleManifest manifest;
  private final OnnxModel model;
  private final List<String> inputs;
  private final Sequence sequence;
  private final List<Served> served;
  private volatile @Nullable Positions positions;

  private BundleModel(
      BundleManifest manifest,
      OnnxModel model,
      List<String> inputs,
      Sequence sequence,
      List<Served> served) {
    this.manifest = manifest;
    this.model = model;
    this.inputs = inputs;
    this.sequence = sequence;
    this.served = served;
  }

  /**
   * Loads a file from the bytes that were compared with the manifest.
   *
   * @throws OnnxException when it has not the shape that the manifest says
   */
  static BundleModel load(
      BundleManifest manifest, String file, byte[] bytes, OnnxSettings settings)
      throws OnnxException {
    List<Integer> parts = new ArrayList<>();
    for (int i = 0; i < manifest.parts().size(); i++) {
      if (manifest.parts().get(i).file().equals(file)) {
        parts.add(i);
      }
    }
    Part first = manifest.parts().get(parts.getFirst());
    List<String> inputs =
        parts.size() == 1
            ? first.inputs()
            : manifest.inputs().stream().map(Input::name).toList();
    int columns = inputs.size() + first.sequence().columns();
    List<Served> served = new ArrayList<>();
    int outputs = 0;
    for (int part : parts) {
      Part of = manifest.parts().get(part);
      int[] needed = of.inputs().stream().mapToInt(inputs::indexOf).toArray();
      served.add(new Served(part, needed, outputs, outputs + of.outputs().size()));
      outputs += of.outputs().size();
    }
    OnnxModel model = OnnxModel.load(file, bytes, settings);
    if (model.columns() != columns || model.outputs() != outputs) {
      model.close();
      throw new OnnxException(
          OnnxException.Reason.WRONG_SHAPE,
          "%s turns %d columns into %d, and its manifest says %d into %d."
              .formatted(file, model.columns(), model.outputs(), columns, outputs));
    }
    return new BundleModel(manifest, model, inputs, first.sequence(), served);
  }

  /**
   * Puts what the parts say of each reading into {@code answers}, by part and reading. What a part
   * cannot judge is left as it is: a value made up in place of a missing one would look like
   * knowledge.
   */
  void ask(List<FeatureVector> readings, float[][][] answers) throws OnnxException {
    Positions where = positionsFor(readings.getFirst());
    int columns = model.columns();
    float[] rows = new float[readings.size() * columns];
    int[] asked = new int[readings.size()];
    int count = 0;
    for (int i = 0; i < asked.length; i++) {
      if (fill(rows, count * columns, readings.get(i), where)) {
        asked[count++] = i;
      }
    }
    if (count == 0) {
      return;
    }
    float[] results =
        model.run(count == asked.length ? rows : Arrays.copyOf(rows, count * columns), count);
    int width = model.outputs();
    for (int row = 0; row < count; row++) {
      for (Served each : served) {
        if (has(rows, row * columns, each.needed())) {
          answers[each.part()][asked[row]] =
              Arrays.copyOfRange(results, row * width + each.from(), row * width + each.to());
        }
      }
    }
  }

  /** Whether there is a part that can be asked about the reading. */
  private boolean fill(float[] rows, int offset, FeatureVector reading, Positions where) {
    int column = offset;
    for (int position : where.features()) {
      rows[column++] = (float) reading.values().get(position);
    }
    boolean askable = false;
    for (Served each : served) {
      askable |= has(rows, offset, each.needed());
    }
    return askable && fillSequence(rows, column, reading.window(), where.columns());
  }

  /** A value that is absent is the one before it; there must be one before it in the sequence. */
  private boolean fillSequence(float[] rows, int offset, ReadingWindow window, int[] columns) {
    int first = window.size() - sequence.readings();
    if (first < 0) {
      return false;
    }
    for (int reading = 0; reading < sequence.readings(); reading++) {
      for (int i = 0; i < columns.length; i++) {
        int at = offset + reading * columns.length + i;
        float value = (float) window.value(first + reading, columns[i]);
        if (Float.isNaN(value)) {
          if (reading == 0) {
            return false;
          }
          value = rows[at - columns.length];
        }
        rows[at] = value;
      }
    }
    return true;
  }

  private static boolean has(float[] rows, int offset, int[] needed) {
    for (int column : needed) {
      if (Float.isNaN(rows[offset + column])) {
        return false;
      }
    }
    return true;
  }

  private Positions positionsFor(FeatureVector features) {
    Positions known = positions;
    // Twins of a type share the list, so that looking it up once is nearly always enough.
    if (known == null || !sameList(known.specs(), features.specs())) {
      known =
          new Positions(
              features.specs(),
              inputs.stream().mapToInt(name -> featureOf(name, features.specs())).toArray(),
              sequence.inputs().stream()
                  .mapToInt(name -> columnOf(name, features.columns()))
                  .toArray());
      positions = known;
    }
    return known;
  }

  @SuppressWarnings("ReferenceEquality") // Only saves looking up again what is known.
  private static boolean sameList(List<FeatureSpec> one, List<FeatureSpec> other) {
    return one == other;
  }

  private int featureOf(String name, List<FeatureSpec> specs) {
    Input input =
        manifest.inputs().stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow();
    for (int i = 0; i < specs.size(); i++) {
      FeatureSpec spec = specs.get(i);
      if (spec.name().equals(name) && spec.windowReadings() == input.windowReadings()) {
        return i;
      }
    }
    throw missing("%s over %d readings".formatted(name, input.windowReadings()));
  }

  private int columnOf(String name, List<String> columns) {
    int column = columns.indexOf(name);
    if (column < 0) {
      throw missing("the course of " + name);
    }
    return column;
  }

  private InferenceException missing(String what) {
    return new InferenceException(
        "%s:%s reads %s, which the machine type does not have"
            .formatted(manifest.type(), manifest.version(), what));
  }

  /** What the parts say of a row that is given by name, by part. */
  void ask(Map<String, Double> values, float[][] answers) throws OnnxException {
    List<String> names = new ArrayList<>(inputs);
    names.addAll(sequence.names());
    float[] row = new float[names.size()];
    for (int column = 0; column < row.length; column++) {
      Double value = values.get(names.get(column));
      row[column] = value == null ? Float.NaN : value.floatValue();
    }
    float[] results = model.run(row, 1);
    for (Served each : served) {
      answers[each.part()] = Arrays.copyOfRange(results, each.from(), each.to());
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
