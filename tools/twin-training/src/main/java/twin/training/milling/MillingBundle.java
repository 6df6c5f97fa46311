package twin.training.milling;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import twin.core.feature.FeatureExtractor;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.BundleFile;
import twin.core.inference.BundleManifest.Input;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.BundleManifest.Training;
import twin.core.inference.GoldenAnswers;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.type.Channel;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.training.milling.MillingTraining.Trained;
import twin.training.quality.Reliability;

/** Trains the milling machine's models from a recording and writes them as a bundle. */
public final class MillingBundle {
  private static final String DATA =
      "AI4I 2020 Predictive Maintenance Dataset, S. Matzka, CC BY 4.0, DOI 10.24432/C5HS5C";
  private static final int GOLDEN_ROWS = 24;

  private MillingBundle() {}

  /**
   * Trains and writes a bundle. The same data, version and seed give the same bytes.
   *
   * @param data the recorded file
   * @param directory where the bundle goes; absent or empty
   * @param progress told what is being done
   * @throws IllegalArgumentException when the data is not as expected
   */
  public static void train(
      Path data, Path directory, String version, long seed, Consumer<String> progress)
      throws IOException {
    requireEmpty(directory);
    progress.accept("letting twins live through " + data);
    MillingRecording recording = MillingRecording.read(data);
    Examples examples = Examples.of(recording);
    MachineType type = machineType();
    Trained trained = new MillingTraining(examples, seed, progress).train();
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(MillingTraining.FILE, trained.file());
    files.put(BundleManifest.GOLDEN_FILE, golden(examples, trained).write());
    files.put("CARD.md", ModelCard.write(version, examples.size(), seed, trained));
    BundleManifest manifest =
        new BundleManifest(
            type.name(),
            version,
            FeatureExtractor.VERSION,
            MillingTraining.inputs().stream().map(name -> input(type, name, examples)).toList(),
            List.of(),
            trained.parts(),
            Map.of(MillingTraining.MODALITY, trained.threshold()),
            MillingTraining.TOLERANCE,
            new Training(DATA, recording.sha256(), examples.size(), seed),
            figures(trained),
            files.entrySet().stream()
                .map(file -> entry(file.getKey(), file.getValue()))
                .sorted(Comparator.comparing(BundleFile::name))
                .toList());
    files.put(BundleManifest.FILE, manifest.write());
    write(directory, files);
    progress.accept("opening the bundle as the twin will");
    try {
      OnnxBundle.open(directory, OnnxSettings.defaults()).close();
    } catch (OnnxException e) {
      throw new IllegalStateException("the bundle does not open: " + e.getMessage(), e);
    }
  }

  private static MachineType machineType() {
    try (RecordedTwins twins = RecordedTwins.withoutModels()) {
      return twins.type();
    }
  }

  private static void requireEmpty(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      try (var present = Files.list(directory)) {
        if (present.findAny().isPresent()) {
          throw new IllegalArgumentException(
              directory + " is not empty; a bundle is never overwritten");
        }
      }
    }
  }

  private static void write(Path directory, Map<String, byte[]> files) throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }
  }

  private static Input input(MachineType type, String name, Examples examples) {
    FeatureSpec spec =
        type.features().stream()
            .filter(feature -> feature.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(type.name() + " has no feature " + name));
    double[] usual =
        IntStream.range(0, examples.size())
            .filter(row -> !examples.row(row).failed())
            .mapToDouble(row -> examples.feature(row, name))
            .toArray();
    return Input.of(name, unit(type, spec), spec.windowReadings(), usual);
  }

  /** The unit of a channel's own values; of what is computed from several the name tells it. */
  private static String unit(MachineType type, FeatureSpec spec) {
    return switch (spec.kind()) {
      case VALUE, MEAN, STANDARD_DEVIATION, MINIMUM, MAXIMUM, DIFFERENCE ->
          type.channels().stream()
              .filter(channel -> channel.name().equals(spec.inputs().getFirst()))
              .map(Channel::unit)
              .findFirst()
              .orElse("");
      case SLOPE, ATTRIBUTE, DEVIATION, COUNT, CHANGE, STANDARDISED, SPREAD_RATIO -> "";
      case PRODUCT -> spec.name().endsWith("_w") ? "W" : "min Nm";
    };
  }

  private static ObjectNode figures(Trained trained) {
    ObjectNode figures = JsonNodeFactory.instance.objectNode();
    trained
        .figures()
        .forEach(
            (name, values) -> {
              ObjectNode group = figures.putObject(name);
              values.forEach(group::put);
            });
    return figures;
  }

  /** Rows spread over the recording, and one of each kind of failure. */
  private static GoldenAnswers golden(Examples examples, Trained trained) {
    Set<Integer> chosen = new TreeSet<>();
    for (int i = 0; i < GOLDEN_ROWS; i++) {
      chosen.add((int) ((long) i * (examples.size() - 1) / (GOLDEN_ROWS - 1)));
    }
    for (String mode : MillingRecording.FAILURE_MODES.values()) {
      for (int row = 0; row < examples.size(); row++) {
        if (examples.row(row).failureModes().contains(mode)) {
          chosen.add(row);
          break;
        }
      }
    }
    return new GoldenAnswers(chosen.stream().map(row -> golden(examples, trained, row)).toList());
  }

  private static GoldenAnswers.Case golden(Examples examples, Trained trained, int row) {
    Map<String, Double> inputs = new LinkedHashMap<>();
    MillingTraining.inputs().forEach(name -> inputs.put(name, examples.feature(row, name)));
    float[] answers = Serving.run(trained.file(), examples.matrix(MillingTraining.inputs(), row));
    Map<Role, List<Float>> outputs = new EnumMap<>(Role.class);
    int from = 0;
    for (Part part : trained.parts()) {
      List<Float> of = new ArrayList<>();
      for (int i = from; i < from + part.outputs().size(); i++) {
        of.add(answers[i]);
      }
      outputs.put(part.role(), of);
      from += part.outputs().size();
    }
    return GoldenAnswers.Case.of(inputs, outputs);
  }

  private static BundleFile entry(String name, byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return new BundleFile(name, bytes.length, HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }

  /** Writes the card that tells people what is in the bundle. */
  private static final class ModelCard {

    static byte[] write(String version, int rows, long seed, Trained trained) {
      StringBuilder card = new StringBuilder();
      card.append(
          """
          # milling:%s

          Models of the milling machine, trained from %,d rows of the %s.
          Seed %d. Every figure below was measured by the training on rows that the model measured
          had not seen; the bundle itself was then trained on all rows.

          ## What is in it

          All in one graph, `milling.onnx`:

          | part | what | how |
          |---|---|---|
          | anomaly | anomaly score, 0 to 1 | isolation forest, grown from rows without failure; 0.02 at their median and 0.5 at their 99.5 %% quantile |
          | failure_modes | probability of heat_dissipation, power, overstrain, tool_wear | gradient-boosted trees, one against the rest for each, from the quantities that cause it |
          | failure | probability of a failure | that any of the modes comes about, taken as independent |
          | rul | minutes of tool life that remain, p10, p50, p90 | gradient-boosted quantiles of the wear at which a tool ends, less the wear it has; sorted, never negative |

          A score of %s or more is anomalous: the 99.5 %% quantile of the scores of rows without
          failure, of machines that the forest had not seen. A failure is likely from a probability
          of %s on. The inputs are the channels of the reading and what follows from them by physics
          (temperature difference, power, wear times torque); the UDI, the product's number and the
          failure columns are never inputs, and no limit is written in: all are learned.

          ## Figures

          "By machine" holds out whole machines (stretches of 500 or 750 rows without a gap), so that
          no row has a neighbour in time among the training rows: the hardest of the three, and the
          nearest to a machine that nobody has seen. "Blocked" holds out blocks of 250 rows.
          "Shuffled" holds out single rows, as most published figures do. Intervals are the middle
          95 %% over samples of blocks of 250 rows, drawn with repetition. `./twin train milling` makes
          all of these figures. Published, with honest splits: F1 0.77 to 0.88, PR-AUC 0.78 to 0.91;
          the documented rules of the process alone have precision 1.0, recall 0.81, F1 0.90, and
          what is clearly above that has seen the answers.

          | measured | figure | value |
          |---|---|---|
          """
              .formatted(version, rows, DATA, seed, trained.threshold(), MillingTraining.LIKELY));
      trained
          .figures()
          .forEach(
              (group, values) ->
                  values.forEach(
                      (name, value) ->
                          card.append("| %s | %s | %s |\n".formatted(group, name, value))));
      card.append(
          """

          ## Do the probabilities mean what they say

          Probability of failure, blocks held out: what was predicted, and what came true.

          | from | to | rows | mean predicted | came true |
          |---|---|---|---|---|
          """);
      for (Reliability.Bin bin : trained.reliability()) {
        card.append(
            "| %.1f | %.1f | %d | %.3f | %.3f |\n"
                .formatted(bin.from(), bin.to(), bin.rows(), bin.predicted(), bin.observed()));
      }
      card.append(
          """

          ## What to know before using it

          - Remaining life: the last tool of each machine is still in use when the recording stops.
            Its rows count as several, with ends spread over the observed ends beyond the wear it was
            last seen with (Efron's redistribution to the right); they are left out of the figures,
            because nobody knows their truth. A tool is replaced by plan or fails; both count as the
            end, and the data does not tell one from the other beforehand, so the interval is wide.
          - Failures of one mode come in bursts: nearly all heat dissipation failures of the recording
            happened on one machine. With that machine held out there is next to nothing to learn
            them from, which is what the figures by machine show for this mode; blocked figures
            depend on whether such a burst falls into one fold.
          - Tool wear failures happen at random between two wears, so most of them cannot be foretold.
          - The anomaly gate looks for rows that are unlike the rest as a whole. A single channel far
            off, with all others ordinary, may stay under its threshold.
          - The probabilities are those of the trees; the table above says how far they can be taken at
            their word.
          - A reading that lacks an input of a part gets no answer from that part.
          - The data is simulated. Another machine needs a bundle of its own.
          """);
      return card.toString().getBytes(StandardCharsets.UTF_8);
    }

    private ModelCard() {}
  }
}
