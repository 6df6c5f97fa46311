package twin.training.pump;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import twin.core.feature.FeatureVector;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.BundleManifest.Sequence;
import twin.core.type.MachineType;
import twin.training.onnx.OnnxGraph;

/**
 * The gate that the bundle ships. In each modality it looks at how far the machine's sensors are
 * from their own commissioning, and gives the root of the mean square of:
 *
 * <ul>
 *   <li>for fast sensors the mean of the last 30 readings, in standard deviations of the baseline;
 *       and by how much the standard deviation of the last 30 readings exceeds that of the
 *       baseline, or falls short of it, as a share of it;
 *   <li>for temperatures, which follow the room, the mean of the last minute less that of the last
 *       five, in standard deviations of the baseline.
 * </ul>
 *
 * <p>Every operator of the graph is an addition, a multiplication or a square root of single
 * numbers, which IEEE 754 rounds in one way only: the bits do not depend on the processor nor on
 * how many rows are asked at once.
 */
final class StandardisedGate {
  static final String FILE = "gate.onnx";

  /** One number that is squared: a feature, less another one or less a constant. */
  private record Term(String plus, String minus, float offset) {
    Term(String feature, float offset) {
      this(feature, "", offset);
    }
  }

  private record Modality(String name, List<Term> terms) {
    List<String> inputs() {
      return terms.stream()
          .flatMap(term -> IntStream.range(0, 2).mapToObj(i -> i == 0 ? term.plus() : term.minus()))
          .filter(name -> !name.isEmpty())
          .distinct()
          .toList();
    }
  }

  /** How many channels the modalities look at together. */
  static final int CHANNELS = 8;

  private static final int TERMS = 4;
  private static final List<Modality> MODALITIES =
      List.of(
          fast("vibration", "accelerometer_1_rms", "accelerometer_2_rms"),
          fast("electrical", "current", "voltage"),
          fast("hydraulic", "pressure", "flow_rate"),
          slow("thermal", "temperature", "thermocouple"));

  private StandardisedGate() {}

  private static Modality fast(String name, String one, String other) {
    return new Modality(
        name,
        List.of(
            new Term(one + ".level_30", 0),
            new Term(other + ".level_30", 0),
            new Term(one + ".spread_30", 1),
            new Term(other + ".spread_30", 1)));
  }

  /** Its two terms stand twice, which leaves their mean as it is and the graph simple. */
  private static Modality slow(String name, String one, String other) {
    Term first = new Term(one + ".level_60", one + ".level_300", 0);
    Term second = new Term(other + ".level_60", other + ".level_300", 0);
    return new Modality(name, List.of(first, second, first, second));
  }

  /** The names of the scores. */
  static List<String> modalities() {
    return MODALITIES.stream().map(Modality::name).toList();
  }

  /** The features in a row. */
  static List<String> inputs() {
    return MODALITIES.stream().flatMap(modality -> modality.inputs().stream()).toList();
  }

  /** A row. */
  static float[] row(FeatureVector features) {
    List<String> inputs = inputs();
    float[] row = new float[inputs.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) features.get(inputs.get(i));
    }
    return row;
  }

  /** A part for each modality, so that each is judged where its own sensors are there. */
  static List<Part> parts() {
    return MODALITIES.stream()
        .map(
            modality ->
                new Part(
                    Role.ANOMALY, FILE, modality.inputs(), Sequence.NONE, List.of(modality.name())))
        .toList();
  }

  /** The scores of a reading as they are meant; what is served is compared with them. */
  static float[] scores(FeatureVector features) {
    float[] scores = new float[MODALITIES.size()];
    for (int i = 0; i < scores.length; i++) {
      double squares = 0;
      for (Term term : MODALITIES.get(i).terms()) {
        double less = term.minus().isEmpty() ? term.offset() : features.get(term.minus());
        double distance = features.get(term.plus()) - less;
        squares += distance * distance;
      }
      scores[i] = (float) Math.sqrt(squares / TERMS);
    }
    return scores;
  }

  /** The numbers that are squared, each once: what other kinds of gates are compared on. */
  static float[] terms(FeatureVector features) {
    List<Term> terms =
        MODALITIES.stream().flatMap(modality -> modality.terms().stream().distinct()).toList();
    float[] numbers = new float[terms.size()];
    for (int i = 0; i < numbers.length; i++) {
      Term term = terms.get(i);
      double less = term.minus().isEmpty() ? term.offset() : features.get(term.minus());
      numbers[i] = (float) (features.get(term.plus()) - less);
    }
    return numbers;
  }

  /** For each of these numbers the position of its modality. */
  static int[] termModalities() {
    return IntStream.range(0, MODALITIES.size())
        .flatMap(
            i ->
                IntStream.generate(() -> i)
                    .limit(MODALITIES.get(i).terms().stream().distinct().count()))
        .toArray();
  }

  /** The position of the modality that a channel belongs to. */
  static int modalityOf(MachineType type, int channel) {
    String feature = type.channels().get(channel).name() + ".";
    for (int i = 0; i < MODALITIES.size(); i++) {
      if (MODALITIES.get(i).inputs().stream().anyMatch(input -> input.startsWith(feature))) {
        return i;
      }
    }
    throw new IllegalArgumentException("no modality looks at " + feature);
  }

  /** The gate as an ONNX file: a row of features in, a score of each modality out. */
  static byte[] file() {
    List<String> inputs = inputs();
    int width = MODALITIES.size();
    long[] plus = new long[TERMS * width];
    long[] minus = new long[TERMS * width];
    float[] factor = new float[TERMS * width];
    float[] offset = new float[TERMS * width];
    for (int term = 0; term < TERMS; term++) {
      for (int modality = 0; modality < width; modality++) {
        Term of = MODALITIES.get(modality).terms().get(term);
        int column = term * width + modality;
        boolean difference = !of.minus().isEmpty();
        plus[column] = inputs.indexOf(of.plus());
        // Where nothing is subtracted it is the feature itself times zero, not another modality's
        // feature: that one may be absent.
        minus[column] = inputs.indexOf(difference ? of.minus() : of.plus());
        factor[column] = difference ? 1 : 0;
        offset[column] = of.offset();
      }
    }
    OnnxGraph graph = new OnnxGraph(inputs.size());
    String present = graph.columns(graph.input(), plus);
    String compared = graph.columns(graph.input(), minus);
    String weighed = graph.product(compared, graph.constant(factor, factor.length));
    String expected = graph.sum(weighed, graph.constant(offset, offset.length));
    String distance = graph.difference(present, expected);
    long[] widths = new long[TERMS];
    Arrays.fill(widths, width);
    String sum =
        graph.parts(graph.product(distance, distance), widths).stream()
            .reduce(graph::sum)
            .orElseThrow();
    String mean = graph.product(sum, graph.constant(new float[] {1f / TERMS}, 1));
    return graph.write(graph.node("Sqrt", List.of(mean)), width);
  }
}
