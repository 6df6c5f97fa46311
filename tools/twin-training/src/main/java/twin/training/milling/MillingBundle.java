package twin.training.milling;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import twin.core.feature.FeatureExtractor;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.Input;
import twin.core.inference.BundleManifest.Training;
import twin.core.inference.GoldenAnswers;
import twin.training.bundle.BundleFolder;
import twin.training.bundle.GoldenCase;
import twin.training.bundle.ManifestEntries;
import twin.training.milling.MillingTraining.Trained;
import twin.training.onnx.Served;

/** Trains the milling machine's models from a recording and writes them as a bundle. */
public final class MillingBundle {
  static final String DATA =
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
    BundleFolder.requireEmpty(directory);
    progress.accept("letting twins live through " + data);
    MillingRecording recording = MillingRecording.read(data);
    Examples examples = Examples.of(recording);
    Trained trained = new MillingTraining(examples, seed, progress).train();
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(MillingModel.FILE, trained.file());
    files.put(BundleManifest.GOLDEN_FILE, golden(examples, trained.file()).write());
    files.put("CARD.md", MillingCard.write(version, examples.size(), seed, trained));
    BundleManifest manifest =
        new BundleManifest(
            MillingRecording.TYPE,
            version,
            FeatureExtractor.VERSION,
            MillingModel.INPUTS.stream().map(name -> input(examples, name)).toList(),
            List.of(),
            MillingModel.PARTS,
            Map.of(AnomalyGate.MODALITY, trained.threshold()),
            MillingModel.TOLERANCE,
            new Training(DATA, recording.sha256(), examples.size(), seed),
            ManifestEntries.figures(trained.figures()),
            ManifestEntries.files(files));
    progress.accept("opening the bundle as the twin will");
    BundleFolder.write(directory, manifest, files);
  }

  private static Input input(Examples examples, String name) {
    double[] usual =
        IntStream.range(0, examples.size())
            .filter(row -> !examples.row(row).failed())
            .mapToDouble(row -> examples.feature(row, name))
            .toArray();
    return ManifestEntries.input(examples.type(), name, usual);
  }

  /** Rows spread over the recording, and one of each kind of failure. */
  private static GoldenAnswers golden(Examples examples, byte[] file) {
    Set<Integer> chosen = new TreeSet<>();
    for (int i = 0; i < GOLDEN_ROWS; i++) {
      chosen.add((int) ((long) i * (examples.size() - 1) / (GOLDEN_ROWS - 1)));
    }
    for (String mode : FailureModes.NAMES) {
      IntStream.range(0, examples.size())
          .filter(row -> examples.row(row).failureModes().contains(mode))
          .findFirst()
          .ifPresent(chosen::add);
    }
    try (Served served = new Served(file)) {
      return new GoldenAnswers(
          chosen.stream()
              .map(row -> GoldenCase.of(served, MillingModel.PARTS, inputs(examples, row)))
              .toList());
    }
  }

  private static SequencedMap<String, Double> inputs(Examples examples, int row) {
    SequencedMap<String, Double> inputs = new LinkedHashMap<>();
    MillingModel.INPUTS.forEach(name -> inputs.put(name, examples.feature(row, name)));
    return inputs;
  }
}
