package twin.training.pump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.feature.FeatureVector;
import twin.core.inference.ModelOutput;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.training.component.PrincipalComponents;
import twin.training.onnx.Served;
import twin.training.replay.ReplayedTwins;

final class PumpTest {
  @TempDir static Path directory;

  private static Path data;
  private static Path bundle;

  @BeforeAll
  static void train() throws IOException {
    data = directory.resolve("data");
    bundle = directory.resolve("bundle");
    MadePumps.folder(data);
    PumpBundle.train(data, bundle, "1.0.0", 1, progress -> {});
  }

  private static OnnxBundle opened() throws OnnxException {
    return OnnxBundle.open(bundle, OnnxSettings.defaults());
  }

  @Test
  void trainsTheSameBytesFromTheSameDataAndSeed() throws IOException {
    Path again = directory.resolve("again");
    PumpBundle.train(data, again, "1.0.0", 1, progress -> {});
    assertThat(contents(again)).isEqualTo(contents(bundle));
    assertThat(contents(bundle)).containsKeys("CARD.md", "gate.onnx", "golden.json");
  }

  @Test
  void judgesEachFileAfterItsCommissioningAndPoolsTheRows() throws Exception {
    try (OnnxBundle opened = opened()) {
      PumpEvaluation evaluation = PumpEvaluation.of(data, opened);
      assertThat(evaluation.model()).isEqualTo("pump:1.0.0");
      assertThat(evaluation.leftOut()).containsExactly("normal.csv");
      assertThat(evaluation.files())
          .containsOnlyKeys("faults/flow.csv", "faults/quiet.csv", "faults/shake.csv");
      for (String fault : List.of("faults/flow.csv", "faults/shake.csv")) {
        ProtocolFigures figures = evaluation.files().get(fault);
        assertThat(figures).isNotNull();
        assertThat(figures.rows()).isEqualTo(MadePumps.ROWS - 400);
        assertThat(figures.anomalousRows()).isEqualTo(MadePumps.FAULT_ROWS);
        assertThat(figures.unassessed()).isZero();
        assertThat(figures.f1()).as(fault).isGreaterThan(0.85);
      }
      assertThat(evaluation.pooled().rows()).isEqualTo(3 * (MadePumps.ROWS - 400));
      assertThat(evaluation.pooled().falseAlarmRate()).isLessThan(0.2);
      double[] interval = evaluation.interval(ProtocolFigures::missedAlarmRate, 1);
      assertThat(interval[0]).isLessThanOrEqualTo(evaluation.pooled().missedAlarmRate());
      assertThat(interval[1]).isGreaterThanOrEqualTo(evaluation.pooled().missedAlarmRate());
    }
  }

  @Test
  void aPumpWithOnlyAccelerometersIsJudgedByThem() throws Exception {
    Path only = directory.resolve("only");
    MadePumps.write(only.resolve("shake.csv"), 5, MadePumps.Fault.SHAKE, true, 2);
    MadePumps.write(only.resolve("flow.csv"), 5, MadePumps.Fault.FLOW, true, 2);
    try (OnnxBundle opened = opened()) {
      PumpEvaluation evaluation = PumpEvaluation.of(only, opened);
      ProtocolFigures shake = evaluation.files().get("shake.csv");
      ProtocolFigures flow = evaluation.files().get("flow.csv");
      assertThat(shake).isNotNull();
      assertThat(flow).isNotNull();
      assertThat(shake.unassessed()).isZero();
      assertThat(shake.f1()).isGreaterThan(0.85);
      assertThat(flow.missedAlarmRate()).isGreaterThan(0.8);
    }
  }

  @Test
  void whatIsServedIsWhatIsMeant() throws Exception {
    List<FeatureVector> features =
        NormalRun.of(PumpRecording.readAll(data), StandardisedGate::scores).features();
    try (OnnxBundle opened = opened()) {
      List<ModelOutput> together = opened.run(features.subList(0, 50));
      for (int i = 0; i < 50; i++) {
        float[] meant = StandardisedGate.scores(features.get(i));
        float[] served = together.get(i).scores();
        for (int k = 0; k < meant.length; k++) {
          assertThat(served[k]).isCloseTo(meant[k], within(1e-5f * Math.max(1, meant[k])));
        }
        assertThat(opened.run(features.subList(i, i + 1)).getFirst().scores())
            .as("bit by bit, alone or in company")
            .containsExactly(served);
      }
    }
  }

  @Test
  void neverChangesAnEarlierStateByWhatComesLater() throws Exception {
    List<SubmittedReading> readings =
        PumpRecording.readAll(data.resolve("faults/flow.csv")).getFirst().readings();
    try (OnnxBundle opened = opened();
        ReplayedTwins twins = ReplayedTwins.with(PumpRecording.TYPE, opened)) {
      List<MachineState> whole = twins.statesAfter(readings);
      for (int rows : List.of(30, 399, 400, 401, 700, 1000)) {
        MachineState truncated = twins.statesAfter(readings.subList(0, rows)).getLast();
        assertThat(truncated.assessment()).isEqualTo(whole.get(rows - 1).assessment());
        assertThat(truncated.thresholds()).containsExactly(whole.get(rows - 1).thresholds());
      }
      assertThat(whole.get(1000).thresholds()).isNotEqualTo(whole.get(399).thresholds());
    }
  }

  @Test
  @Tag("full")
  void comparesKindsOfGates() throws IOException {
    List<String> lines = KindComparison.of(data, 1, progress -> {}).lines().toList();
    assertThat(lines.getFirst()).startsWith("| kind | F1 | false alarms | missed |");
    assertThat(lines.subList(2, 6)).allMatch(line -> line.matches("\\| .* \\| [0-9.]+ \\|"));
    assertThat(lines).anyMatch(line -> line.startsWith("| 1.75 | "));
  }

  @Test
  void theScoreIsTheRootOfTheMeanSquareOfItsNumbers() {
    List<String> inputs = StandardisedGate.inputs();
    Map<String, Float> row = new HashMap<>();
    row.put("pressure.level_30", 1f);
    row.put("flow_rate.level_30", -4f);
    row.put("pressure.spread_30", 3f);
    row.put("flow_rate.spread_30", 0f);
    row.put("temperature.level_60", 5f);
    row.put("temperature.level_300", 2f);
    row.put("thermocouple.level_60", -1f);
    row.put("thermocouple.level_300", 3f);
    float[] values = new float[inputs.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = row.getOrDefault(inputs.get(i), Float.NaN);
    }
    try (Served gate = new Served(StandardisedGate.file())) {
      float[] scores = gate.run(values);
      assertThat(scores[0]).isNaN();
      assertThat(scores[1]).isNaN();
      assertThat(scores[2]).isEqualTo((float) Math.sqrt((1 + 16 + 4 + 1) / 4.0));
      assertThat(scores[3]).isEqualTo((float) Math.sqrt((9 + 16) / 2.0));
    }
  }

  @Test
  void findsTheDirectionsInWhichNumbersVary() {
    float[][] rows = new float[200][];
    for (int i = 0; i < rows.length; i++) {
      float along = (i % 20) - 9.5f;
      float across = i % 2 == 0 ? 0.5f : -0.5f;
      rows[i] = new float[] {3 + 0.6f * along - 0.8f * across, 0.8f * along + 0.6f * across, 7};
    }
    PrincipalComponents found = PrincipalComponents.of(rows);
    assertThat(found.mean()).containsExactly(new double[] {3, 0, 7}, within(1e-3));
    assertThat(found.carrying(0.9)).isEqualTo(1);
    double[] first = found.components()[0];
    assertThat(Math.abs(first[0] * 0.6 + first[1] * 0.8)).isCloseTo(1, within(0.01));
    assertThat(found.variances()[2]).isCloseTo(0, within(1e-9));
  }

  @Test
  void saysWhatIsWrongWithTheData() throws IOException {
    Path empty = Files.createDirectories(directory.resolve("empty"));
    assertThatThrownBy(() -> PumpRecording.readAll(empty)).hasMessageContaining("no .csv file");
    Path unlabelled = directory.resolve("unlabelled");
    MadePumps.write(unlabelled.resolve("a.csv"), 1, MadePumps.Fault.NONE, false, 8);
    assertThatThrownBy(
            () -> PumpEvaluation.of(unlabelled, new GateSession("x", List.of(), f -> new float[0])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("which rows are anomalous");
    assertThatThrownBy(
            () ->
                PumpBundle.train(
                    data.resolve("faults"), directory.resolve("none"), "1.0.0", 1, p -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without labels");
    Path broken = Files.createDirectories(directory.resolve("broken")).resolve("b.csv");
    Files.writeString(
        broken, "datetime;Current;anomaly\n2024-01-01 00:00:00;much;0\n", StandardCharsets.UTF_8);
    assertThatThrownBy(() -> PumpRecording.readAll(broken))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line 2");
    assertThatThrownBy(() -> PumpBundle.train(data, bundle, "1.0.0", 1, p -> {}))
        .hasMessageContaining("never overwritten");
  }

  private static Map<String, List<Byte>> contents(Path folder) throws IOException {
    Map<String, List<Byte>> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
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
