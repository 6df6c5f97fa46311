package twin.training.milling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.inference.Assessment;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.machine.MachineState;
import twin.training.replay.ReplayedTwins;
import twin.training.tree.BoostedTrees;

final class MillingBundleTest {
  private static final float TOLERANCE = 1e-5f;

  @TempDir static Path directory;

  private static MillingRecording trainedOn;
  private static MillingRecording unseen;
  private static OnnxBundle bundle;

  @BeforeAll
  static void train() throws IOException, OnnxException {
    Path data = directory.resolve("data.csv");
    Path other = directory.resolve("other.csv");
    SyntheticRecordings.write(data, 6, 250, 1);
    SyntheticRecordings.write(other, 6, 250, 2);
    MillingBundle.train(data, directory.resolve("bundle"), "1.0.0", 1, progress -> {});
    trainedOn = MillingRecording.read(data);
    unseen = MillingRecording.read(other);
    bundle = OnnxBundle.open(directory.resolve("bundle"), OnnxSettings.defaults());
  }

  @AfterAll
  static void close() {
    bundle.close();
  }

  @Test
  void aTwinConcludesWhatXgboostPredicts() {
    List<Assessment> live = assessments(unseen);
    Examples known = Examples.of(trainedOn);
    Examples asked = Examples.of(unseen);
    int[] all = Examples.all(known.size());
    for (int mode = 0; mode < FailureModes.NAMES.size(); mode++) {
      String name = FailureModes.NAMES.get(mode);
      try (BoostedTrees trained = FailureModes.train(known, name, all, 1)) {
        float[] predicted = trained.predict(asked.matrix(FailureModes.causes(name)));
        for (int row : judged(live)) {
          assertThat(live.get(row).failureMode(mode))
              .as(name)
              .isCloseTo(predicted[row], within(TOLERANCE));
        }
      }
    }
    try (BoostedTrees trained = RulModel.train(known, all, 1)) {
      float[] remaining = RulModel.remaining(trained, asked.matrix(RulModel.INPUTS));
      for (int i = 0; i < remaining.length; i++) {
        assertThat(live.get(i / 3).rul(i % 3))
            .isCloseTo(remaining[i], within(TOLERANCE * Math.max(1, remaining[i])));
      }
    }
  }

  @Test
  void neverChangesAnEarlierAssessmentByWhatComesLater() {
    List<Assessment> whole = assessments(unseen);
    for (int rows : List.of(1, 2, 60, 249)) {
      List<MillingRow> first = unseen.machines().getFirst().subList(0, rows);
      List<Assessment> truncated = assessments(new MillingRecording("", List.of(first)));
      assertThat(truncated).isEqualTo(whole.subList(0, rows));
    }
  }

  /** On machines that no model has seen; what is made up does not change from one to the other. */
  @Test
  void probabilitiesThresholdsAndQuantilesMeanWhatTheySay() {
    List<MillingRow> rows = unseen.rows();
    List<Assessment> live = assessments(unseen);
    double[] ends = ToolLife.endWearMin(unseen);
    double predicted = 0;
    double failed = 0;
    double falseAlarms = 0;
    double inside = 0;
    double known = 0;
    for (int row : judged(live)) {
      Assessment each = live.get(row);
      predicted += each.failureProbability();
      failed += rows.get(row).failed() ? 1 : 0;
      falseAlarms += !rows.get(row).failed() && each.anomalous() ? 1 : 0;
      double remains = ends[row] - rows.get(row).toolWearMin();
      if (!Double.isNaN(remains)) {
        known++;
        inside += each.rul(0) <= remains && remains <= each.rul(2) ? 1 : 0;
      }
    }
    assertThat(predicted / failed).isBetween(0.9, 1.1);
    assertThat(falseAlarms / (live.size() - failed)).isLessThan(0.03);
    assertThat(inside / known).isBetween(0.6, 0.97);
  }

  @Test
  void comparesKindsOfModels() {
    String table = KindComparison.of(Examples.of(trainedOn), 2, 1, progress -> {});
    List<String> lines = table.lines().toList();
    assertThat(lines).hasSize(5);
    assertThat(lines.getFirst()).isEqualTo("| kind | F1 | PR-AUC | Brier | bytes | µs |");
    for (String kind : lines.subList(2, 5)) {
      String[] cells = kind.split(" \\| ", -1);
      assertThat(Double.parseDouble(cells[3])).isBetween(0.0, 0.3);
      assertThat(Integer.parseInt(cells[4].replace(",", ""))).isGreaterThan(1000);
    }
    assertThat(Double.parseDouble(lines.get(2).split(" \\| ", -1)[1])).isGreaterThan(0.7);
  }

  /** All rows but the few that have a value outside of what the machine can measure. */
  private static int[] judged(List<Assessment> live) {
    int[] judged =
        IntStream.range(0, live.size()).filter(row -> live.get(row).failureModes() > 0).toArray();
    assertThat(judged).hasSizeGreaterThan(live.size() * 99 / 100);
    return judged;
  }

  private static List<Assessment> assessments(MillingRecording recording) {
    List<Assessment> assessments = new ArrayList<>();
    try (ReplayedTwins twins = ReplayedTwins.with(MillingRecording.TYPE, bundle)) {
      for (MachineState state : recording.statesAfter(twins)) {
        Assessment assessment = state.assessment();
        if (assessment == null) {
          throw new AssertionError("no assessment");
        }
        assessments.add(assessment);
      }
    }
    return assessments;
  }
}
