package twin.training.turbofan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.inference.Assessment;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.training.onnx.Matrix;
import twin.training.onnx.Served;
import twin.training.replay.ReplayedTwins;
import twin.training.turbofan.RulModel.Effort;
import twin.training.turbofan.TurbofanRecording.Engine;

final class TurbofanBundleTest {
  private static final int ENGINES = 12;
  private static final Effort LITTLE = new Effort(1, 60, 25);

  @TempDir static Path directory;

  private static Path lives;
  private static Path bundle;
  private static OnnxBundle opened;

  @BeforeAll
  static void train() throws IOException, OnnxException {
    lives = directory.resolve("train_made_up.txt");
    bundle = directory.resolve("bundle");
    SyntheticEngines.writeLives(lives, ENGINES, 1);
    TurbofanBundle.train(lives, bundle, "1.0.0", 1, LITTLE, line -> {});
    opened = OnnxBundle.open(bundle, OnnxSettings.defaults());
  }

  @AfterAll
  static void close() {
    opened.close();
  }

  @Test
  void foretellsBetterThanTheBestConstant() throws IOException {
    Path data = directory.resolve("test.txt");
    Path truth = directory.resolve("truth.txt");
    SyntheticEngines.writeStopped(data, truth, 20, 2);
    TurbofanEvaluation evaluation = TurbofanEvaluation.of(data, truth, opened);
    double[] remaining =
        TurbofanRecording.readTruth(truth).stream().mapToDouble(Integer::doubleValue).toArray();
    double mean = Arrays.stream(remaining).average().orElseThrow();
    double squares = 0;
    for (double each : remaining) {
      squares += (each - mean) * (each - mean);
    }
    assertThat(evaluation.unassessed()).isZero();
    assertThat(evaluation.figures().predictions()).isEqualTo(20);
    assertThat(evaluation.figures().rmse()).isLessThan(0.7 * Math.sqrt(squares / remaining.length));
    assertThat(evaluation.figures().coverage()).isGreaterThan(0.4);
    assertThat(evaluation.figures().meanBandWidth()).isBetween(5.0, 80.0);
  }

  @Test
  void trainsTheSameBytesFromTheSameDataAndSeed() throws IOException {
    Path again = directory.resolve("again");
    TurbofanBundle.train(lives, again, "1.0.0", 1, LITTLE, line -> {});
    assertThat(contents(again)).isEqualTo(contents(bundle));
  }

  @Test
  void servesWhatWasTrained() throws IOException {
    EngineLives known = EngineLives.of(TurbofanRecording.read(lives));
    int columns = known.layout().columns();
    byte[] file = Files.readAllBytes(bundle.resolve("rul.onnx"));
    for (int life : List.of(0, ENGINES - 1)) {
      List<Assessment> live = assessments(known.lives().get(life).engine());
      float[] rows = new float[(live.size() - 1) * columns];
      for (int row = 1; row < live.size(); row++) {
        known.write(life, row, rows, (row - 1) * columns);
      }
      float[] served = Served.run(file, new Matrix(rows, live.size() - 1, columns));
      for (int row = 1; row < live.size(); row++) {
        for (int quantile = 0; quantile < 3; quantile++) {
          float expected = served[(row - 1) * 3 + quantile];
          assertThat(live.get(row).rul(quantile))
              .isCloseTo(expected, within(1e-5f * Math.max(1, expected)));
        }
      }
    }
  }

  @Test
  void neverChangesAnEarlierAssessmentByWhatComesLater() throws IOException {
    Engine engine = TurbofanRecording.read(lives).engines().getFirst();
    List<Assessment> whole = assessments(engine);
    for (int cycles : List.of(2, 9, 10, 29, 30, 31, 45, engine.cycles() - 1)) {
      Engine truncated =
          new Engine(engine.file(), engine.number(), engine.readings().subList(0, cycles));
      assertThat(assessments(truncated)).isEqualTo(whole.subList(0, cycles));
    }
  }

  @Test
  void saysWhatRemainsFromTheSecondCycleOnInRisingQuantiles() throws IOException {
    List<Assessment> live = assessments(TurbofanRecording.read(lives).engines().get(1));
    assertThat(live.getFirst().rulQuantiles()).isZero();
    for (Assessment each : live.subList(1, live.size())) {
      assertThat(each.rulQuantiles()).isEqualTo(3);
      assertThat(each.rul(0)).isBetween(0f, each.rul(1));
      assertThat(each.rul(2)).isBetween(each.rul(1), (float) Bands.HORIZON + 60);
    }
  }

  @Test
  void comparesKindsOfModels() throws IOException {
    Effort least = new Effort(1, 5, 1);
    List<String> lines = KindComparison.of(lives, 1, least, line -> {}).lines().toList();
    assertThat(lines).hasSize(5);
    assertThat(lines.getFirst()).isEqualTo("| kind | train_made_up | all | bytes | µs |");
    assertThat(lines.subList(2, 5))
        .allMatch(line -> line.matches("\\| .*(\\| [0-9.]+ ){2}\\| [0-9,]+ \\| [0-9.]+ \\|"));
  }

  @Test
  void findsTheRegimeOfEachReading() throws IOException {
    EngineLives known = EngineLives.of(TurbofanRecording.read(lives));
    for (float[] features : known.lives().getFirst().features()) {
      assertThat(features[known.features().indexOf("cycles")]).isPositive();
      assertThat(features[known.features().indexOf("s_2.mean_5")]).isBetween(-15f, 15f);
    }
  }

  @Test
  void tellsWhichTruthIsMissing() throws IOException {
    Path truth = directory.resolve("short.txt");
    Files.writeString(truth, "17\n");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TurbofanEvaluation.of(lives, truth, opened))
        .withMessageContaining("tells of 1 engines");
  }

  @Test
  void refusesTooFewEngines() throws IOException {
    Path few = directory.resolve("few.txt");
    SyntheticEngines.writeLives(few, 3, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                TurbofanBundle.train(
                    few, directory.resolve("none"), "1.0.0", 1, LITTLE, line -> {}))
        .withMessageContaining("too few");
  }

  private static List<Assessment> assessments(Engine engine) {
    List<Assessment> assessments = new ArrayList<>();
    MachineState state = MachineState.empty(engine.machineId());
    try (ReplayedTwins twins = ReplayedTwins.with(TurbofanRecording.TYPE, opened)) {
      for (SubmittedReading reading : engine.readings()) {
        state = twins.after(state, reading);
        Assessment assessment = state.assessment();
        if (assessment == null) {
          throw new AssertionError("no assessment after " + reading);
        }
        assessments.add(assessment);
      }
    }
    return assessments;
  }

  private static Map<String, List<Byte>> contents(Path of) throws IOException {
    Map<String, List<Byte>> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(of)) {
      for (Path file : files.toList()) {
        List<Byte> bytes = new ArrayList<>();
        for (byte each : Files.readAllBytes(file)) {
          bytes.add(each);
        }
        contents.put(file.getFileName().toString(), bytes);
      }
    }
    return contents;
  }
}
