package twin.training.turbofan;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.Function;
import twin.core.feature.FeatureExtractor;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.Input;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.BundleManifest.Sequence;
import twin.core.inference.BundleManifest.Training;
import twin.core.inference.GoldenAnswers;
import twin.core.type.MachineType;
import twin.training.bundle.BundleFolder;
import twin.training.bundle.GoldenCase;
import twin.training.bundle.ManifestEntries;
import twin.training.onnx.Served;
import twin.training.turbofan.EngineLives.Life;
import twin.training.turbofan.RulModel.Effort;
import twin.training.turbofan.RulTraining.Trained;

/** Trains the turbofan's model from recorded lives and writes it as a bundle. */
public final class TurbofanBundle {
  static final String DATA =
      "C-MAPSS turbofan engine degradation simulation data, A. Saxena and K. Goebel, NASA Ames";

  private static final String FILE = "rul.onnx";
  private static final int GOLDEN_ROWS = 8;

  // Another processor adds in another order: that moves the last bits of a network's numbers, which
  // stand for 125 cycles each.
  private static final double TOLERANCE = 1e-4;

  private TurbofanBundle() {}

  /**
   * Trains and writes a bundle. The same data, version and seed give the same bytes.
   *
   * @param data a recorded file, or the directory of several
   * @param directory where the bundle goes; absent or empty
   * @param progress told what is being done
   * @throws IllegalArgumentException when the data is not as expected
   */
  public static void train(
      Path data, Path directory, String version, long seed, Consumer<String> progress)
      throws IOException {
    train(data, directory, version, seed, Effort.FULL, progress);
  }

  static void train(
      Path data,
      Path directory,
      String version,
      long seed,
      Effort effort,
      Consumer<String> progress)
      throws IOException {
    BundleFolder.requireEmpty(directory);
    TurbofanRecording recording = TurbofanRecording.read(data);
    progress.accept(
        "letting the twins of %d engines live through %s"
            .formatted(recording.engines().size(), data));
    EngineLives lives = EngineLives.of(recording);
    Trained trained = new RulTraining(lives, effort, seed, progress).train();
    progress.accept("opening the bundle as the twin will");
    write(directory, version, seed, recording.sha256(), lives, trained);
  }

  static void write(
      Path directory, String version, long seed, String sha256, EngineLives lives, Trained trained)
      throws IOException {
    long cycles = lives.lives().stream().mapToLong(Life::cycles).sum();
    Part part =
        new Part(
            Role.RUL,
            FILE,
            lives.features(),
            new Sequence(EngineLives.COURSE_READINGS, lives.course()),
            Bands.OUTPUTS);
    Map<String, byte[]> files = new LinkedHashMap<>();
    byte[] file = trained.model().write(trained.bands());
    files.put(FILE, file);
    files.put(BundleManifest.GOLDEN_FILE, golden(lives, part, file).write());
    files.put("CARD.md", TurbofanCard.write(version, seed, lives, trained));
    BundleManifest manifest =
        new BundleManifest(
            TurbofanRecording.TYPE,
            version,
            FeatureExtractor.VERSION,
            inputs(lives),
            List.of(),
            List.of(part),
            Map.of(),
            TOLERANCE,
            new Training(DATA, sha256, cycles, seed),
            ManifestEntries.figures(trained.figures()),
            ManifestEntries.files(files));
    BundleFolder.write(directory, manifest, files);
  }

  private static List<Input> inputs(EngineLives lives) {
    MachineType type = lives.type();
    List<Input> inputs = new ArrayList<>();
    for (int i = 0; i < lives.features().size(); i++) {
      double[] usual = usual(lives, Life::features, i);
      inputs.add(ManifestEntries.input(type, lives.features().get(i), usual));
    }
    for (int i = 0; i < lives.course().size(); i++) {
      double[] usual = usual(lives, Life::course, i);
      inputs.add(ManifestEntries.input(type, lives.course().get(i), usual));
    }
    return inputs;
  }

  /** The first half of a life is when all is well. */
  private static double[] usual(EngineLives lives, Function<Life, float[][]> rows, int column) {
    return lives.lives().stream()
        .flatMapToDouble(
            life ->
                Arrays.stream(rows.apply(life))
                    .limit(life.cycles() / 2)
                    .mapToDouble(row -> row[column]))
        .toArray();
  }

  /** Moments spread over lives that are themselves spread over the recording. */
  private static GoldenAnswers golden(EngineLives lives, Part part, byte[] file) {
    List<String> names = new ArrayList<>(part.inputs());
    names.addAll(part.sequence().names());
    List<GoldenAnswers.Case> cases = new ArrayList<>();
    try (Served served = new Served(file)) {
      for (int i = 0; i < GOLDEN_ROWS; i++) {
        int life = (int) ((long) i * (lives.lives().size() - 1) / (GOLDEN_ROWS - 1));
        int cycles = lives.lives().get(life).cycles();
        float[] row = new float[names.size()];
        lives.write(life, Math.max(1, (i + 1) * (cycles - 1) / GOLDEN_ROWS), row, 0);
        SequencedMap<String, Double> inputs = new LinkedHashMap<>();
        for (int column = 0; column < row.length; column++) {
          inputs.put(names.get(column), (double) row[column]);
        }
        cases.add(GoldenCase.of(served, List.of(part), inputs));
      }
    }
    return new GoldenAnswers(cases);
  }
}
