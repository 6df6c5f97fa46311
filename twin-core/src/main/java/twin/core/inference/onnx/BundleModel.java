package twin.core.inference.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.Input;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Sequence;
import twin.core.inference.Contribution;
import twin.core.inference.InferenceException;
import twin.core.inference.ShapleyValues;
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
  private final Predicate<String> modes;
  private volatile @Nullable Positions positions;

  private BundleModel(
      BundleManifest manifest,
      OnnxModel model,
      List<String> inputs,
      Sequence sequence,
      List<Served> served,
      Predicate<String> modes) {
    this.manifest = manifest;
    this.model = model;
    this.inputs = inputs;
    this.sequence = sequence;
    this.served = served;
    this.modes = modes;
  }

  /**
   * Loads a file from the bytes that were compared with the manifest.
   *
   * @param file the file that the parts name
   * @param name the file that is loaded: the same, or one that stands in for it
   * @param modes the operating modes in which it is asked
   * @throws OnnxException when it has not the shape that the manifest says
   */
  static BundleModel load(
      BundleManifest manifest,
      String file,
      String name,
      byte[] bytes,
      Predicate<String> modes,
      OnnxSettings settings)
      throws OnnxException {
    List<Integer> parts = new ArrayList<>();
    for (int i = 0; i < manifest.parts().size(); i++) {
      if (manifest.parts().get(i).file().equals(file)) {
        parts.add(i);
      }
    }
    Part first = manifest.parts().get(parts.getFirst());
    List<String> inputs =
        parts.size() == 1 ? first.inputs() : manifest.inputs().stream().map(Input::name).toList();
    int columns = inputs.size() + first.sequence().columns();
    List<Served> served = new ArrayList<>();
    int outputs = 0;
    for (int part : parts) {
      Part of = manifest.parts().get(part);
      int[] needed = of.inputs().stream().mapToInt(inputs::indexOf).toArray();
      served.add(new Served(part, needed, outputs, outputs + of.outputs().size()));
      outputs += of.outputs().size();
    }
    OnnxModel model = OnnxModel.load(name, bytes, settings);
    if (model.columns() != columns || model.outputs() != outputs) {
      model.close();
      throw new OnnxException(
          OnnxException.Reason.WRONG_SHAPE,
          "%s turns %d columns into %d, and its manifest says %d into %d."
              .formatted(name, model.columns(), model.outputs(), columns, outputs));
    }
    return new BundleModel(manifest, model, inputs, first.sequence(), served, modes);
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
      FeatureVector reading = readings.get(i);
      if (modes.test(reading.mode()) && fill(rows, count * columns, reading, where)) {
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

  /**
   * A value that is absent is the one before it; there must be one before it in the sequence. Early
   * in a machine's life its oldest reading stands for those before it, unless the sequence is all
   * that a part reads.
   */
  private boolean fillSequence(float[] rows, int offset, ReadingWindow window, int[] columns) {
    int first = window.size() - sequence.readings();
    if (first < 0 && (inputs.isEmpty() || window.size() == 0)) {
      return false;
    }
    for (int reading = 0; reading < sequence.readings(); reading++) {
      for (int i = 0; i < columns.length; i++) {
        int at = offset + reading * columns.length + i;
        float value = (float) window.value(Math.max(0, first + reading), columns[i]);
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
    Input input = input(name);
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

  /** Whether it is asked in an operating mode. */
  boolean isAskedIn(String mode) {
    return modes.test(mode);
  }

  /** Whether a part of the bundle is in this file. */
  boolean serves(int part) {
    return served.stream().anyMatch(each -> each.part() == part);
  }

  /**
   * What each input of a part had to do with one of its outputs, compared with what is usual. Of a
   * sequence each of its channels counts as one, shown with its newest value.
   */
  List<Contribution> explain(FeatureVector reading, int part, int output, int rowsMax)
      throws OnnxException {
    Served of = served.stream().filter(each -> each.part() == part).findFirst().orElseThrow();
    float[] row = new float[model.columns()];
    if (!fill(row, 0, reading, positionsFor(reading)) || !has(row, 0, of.needed())) {
      return List.of();
    }
    int players = of.needed().length + sequence.inputs().size();
    String[] names = new String[players];
    int[][] columns = new int[players][];
    for (int i = 0; i < of.needed().length; i++) {
      names[i] = inputs.get(of.needed()[i]);
      columns[i] = new int[] {of.needed()[i]};
    }
    for (int i = 0; i < sequence.inputs().size(); i++) {
      int first = inputs.size() + i;
      names[of.needed().length + i] = sequence.inputs().get(i);
      columns[of.needed().length + i] =
          IntStream.range(0, sequence.readings())
              .map(step -> first + step * sequence.inputs().size())
              .toArray();
    }
    double[] shares;
    try {
      shares =
          ShapleyValues.of(
              players,
              present -> answers(row, names, columns, present, of.from() + output, rowsMax));
    } catch (UncheckedOnnxException e) {
      throw e.refusal;
    }
    List<Contribution> contributions = new ArrayList<>();
    for (int i = 0; i < players; i++) {
      Input input = input(names[i]);
      int newest = columns[i][columns[i].length - 1];
      contributions.add(
          new Contribution(names[i], (double) row[newest], input.low(), input.high(), shares[i]));
    }
    contributions.sort(
        Comparator.comparingDouble((Contribution each) -> Math.abs(shareOf(each))).reversed());
    return contributions;
  }

  private static double shareOf(Contribution contribution) {
    Double share = contribution.contribution();
    return share == null ? 0 : share;
  }

  /** The answers to the row with what is usual in place of what is not present. */
  private double[] answers(
      float[] row, String[] names, int[][] columns, boolean[][] present, int output, int rowsMax) {
    double[] answers = new double[present.length];
    for (int from = 0; from < present.length; from += rowsMax) {
      int count = Math.min(rowsMax, present.length - from);
      float[] rows = new float[count * row.length];
      for (int i = 0; i < count; i++) {
        System.arraycopy(row, 0, rows, i * row.length, row.length);
        for (int player = 0; player < names.length; player++) {
          if (!present[from + i][player]) {
            float usual = (float) input(names[player]).median();
            for (int column : columns[player]) {
              rows[i * row.length + column] = usual;
            }
          }
        }
      }
      try {
        float[] results = model.run(rows, count);
        for (int i = 0; i < count; i++) {
          answers[from + i] = results[i * model.outputs() + output];
        }
      } catch (OnnxException e) {
        throw new UncheckedOnnxException(e);
      }
    }
    return answers;
  }

  /** Carries a failure through code that knows no models. */
  private static final class UncheckedOnnxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final transient OnnxException refusal;

    UncheckedOnnxException(OnnxException refusal) {
      super(refusal);
      this.refusal = refusal;
    }
  }

  private Input input(String name) {
    return manifest.inputs().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
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
