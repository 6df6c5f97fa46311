package twin.training.retrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.inference.BundleManifest;
import twin.core.inference.ModelSession;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.type.MachineTypeReader;
import twin.training.bundle.BundleFolder;
import twin.training.lived.Span;

final class RetrainingTest {
  private static final Span NOVEMBER = Span.ofMonth("2025-11");
  private static final List<String> BOTH = List.of("bearing_wear", "seal_leak");
  private static final RetrainSettings SETTINGS = RetrainSettings.defaults();

  @TempDir static Path directory;

  private static LivedFleet fleet;
  private static Path bundle;
  private static Retraining.Outcome retrained;

  @BeforeAll
  static void live() throws IOException {
    fleet = new LivedFleet();
    fleet.live(5, 30, BOTH, 1, (machine, step, measured) -> measured);
    bundle = directory.resolve("bundle");
    retrained = retrain(fleet, SETTINGS, null, bundle);
  }

  @AfterAll
  static void close() {
    fleet.close();
  }

  private static Retraining.Outcome retrain(
      LivedFleet lived, RetrainSettings settings, @Nullable ModelSession champion, Path out)
      throws IOException {
    return new Retraining(lived.type(), NOVEMBER, settings, "test", line -> {})
        .run(lived.past(), champion, "1.1.0", out);
  }

  private static JsonNode skipped(LivedFleet lived) throws IOException {
    Path out = directory.resolve("skipped");
    Retraining.Outcome outcome = retrain(lived, SETTINGS, null, out);
    assertThat(outcome.trained()).isFalse();
    assertThat(outcome.report().path("outcome").asText()).isEqualTo("skipped");
    assertThat(outcome.report().path("why").valueStream().map(JsonNode::asText))
        .containsExactlyElementsOf(outcome.missing());
    assertThat(out).doesNotExist();
    return outcome.report();
  }

  private static List<String> findings(JsonNode report) {
    return report
        .at("/validation/findings")
        .valueStream()
        .map(each -> each.path("what").asText() + " " + each.path("channel").asText())
        .map(String::strip)
        .toList();
  }

  private static Map<String, String> contents(Path bundle) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(bundle)) {
      files.forEach(
          file -> {
            try {
              contents.put(
                  file.getFileName().toString(), BundleFolder.sha256(Files.readAllBytes(file)));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    return contents;
  }

  @Test
  void learnsATypeThatNobodyWroteCodeForAndMeasuresItOnTimeItHasNotSeen() throws Exception {
    JsonNode report = retrained.report();
    assertThat(retrained.trained()).as("%s", retrained.missing()).isTrue();
    assertThat(report.at("/sufficiency/days").asInt()).isEqualTo(30);
    assertThat(report.at("/sufficiency/machines").asInt()).isEqualTo(5);
    assertThat(report.at("/sufficiency/readings").asInt()).isEqualTo(5 * 30 * 24);
    assertThat(report.at("/rows/held_aside_from").asText()).startsWith("2025-11-21");
    JsonNode figures = report.at("/comparison/challenger");
    assertThat(figures.path("pr_auc").asDouble()).isGreaterThan(0.7);
    assertThat(figures.path("brier").asDouble()).isLessThan(0.06);
    assertThat(figures.path("rul_mae").asDouble()).isPositive();
    try (OnnxBundle opened = OnnxBundle.open(bundle, OnnxSettings.defaults())) {
      assertThat(opened.profile().failureModes()).containsExactlyElementsOf(BOTH);
      assertThat(opened.profile().modalities()).containsExactly("components");
      assertThat(opened.profile().rulQuantiles()).containsExactly(0.1, 0.5, 0.9);
      BundleManifest manifest = opened.manifest();
      assertThat(manifest.training().sha256())
          .isEqualTo(report.path("sha256_of_training_data").asText());
      assertThat(manifest.files())
          .extracting(BundleManifest.BundleFile::name)
          .contains("CARD.md", "golden.json", "models.onnx", "retraining.json");
    }
    assertThat(Files.readString(bundle.resolve("CARD.md")))
        .contains("# compressor:1.1.0")
        .contains("| pr_auc | " + figures.path("pr_auc").asText())
        .doesNotContain("null");
  }

  @Test
  void givesTheSameBytesFromTheSamePastAndSeed() throws IOException {
    Path again = directory.resolve("again");
    Path other = directory.resolve("other");
    retrain(fleet, SETTINGS, null, again);
    retrain(
        fleet, new RetrainSettings(2, 3, Double.NaN, 21, 2, 4, 2, 1000, 5, 150_000), null, other);
    assertThat(contents(again)).isEqualTo(contents(bundle));
    assertThat(contents(other).get("models.onnx"))
        .isNotEqualTo(contents(bundle).get("models.onnx"));
  }

  @Test
  void takesEachNthNormalReadingAndAllNearFailures() throws IOException {
    JsonNode all = retrained.report();
    JsonNode some =
        retrain(
                fleet,
                new RetrainSettings(1, 5, Double.NaN, 21, 2, 4, 2, 1000, 5, 150_000),
                null,
                directory.resolve("some"))
            .report();
    int normal = all.at("/rows/training/normal").asInt();
    assertThat(some.at("/rows/training/normal").asInt()).isBetween(normal / 5 - 5, normal / 5 + 5);
    for (String mode : BOTH) {
      assertThat(some.at("/rows/training/" + mode).asInt())
          .isPositive()
          .isEqualTo(all.at("/rows/training/" + mode).asInt());
    }
    assertThat(some.at("/rows/held_aside")).isEqualTo(all.at("/rows/held_aside"));
    assertThat(some.at("/comparison/challenger/pr_auc").asDouble()).isGreaterThan(0.7);
  }

  @Test
  void saysThatTheChallengerIsBetterThanAChampionThatKnowsOneFailureOfTwo()
      throws IOException, OnnxException {
    Path ofBearings = directory.resolve("bearings");
    try (LivedFleet bearings = new LivedFleet()) {
      bearings.live(5, 30, List.of("bearing_wear"), 7, (machine, step, measured) -> measured);
      assertThat(retrain(bearings, SETTINGS, null, ofBearings).trained()).isTrue();
    }
    try (OnnxBundle champion = OnnxBundle.open(ofBearings, OnnxSettings.defaults())) {
      JsonNode comparison =
          retrain(fleet, SETTINGS, champion, directory.resolve("better"))
              .report()
              .path("comparison");
      assertThat(comparison.path("better").asText()).as("%s", comparison).isEqualTo("challenger");
      assertThat(comparison.path("gain_95_low").asDouble()).isPositive();
    }
    try (OnnxBundle champion = OnnxBundle.open(bundle, OnnxSettings.defaults())) {
      JsonNode comparison =
          retrain(fleet, SETTINGS, champion, directory.resolve("same")).report().path("comparison");
      assertThat(comparison.path("better").asText()).isEqualTo("undecided");
      assertThat(comparison.path("gain").asDouble()).isZero();
    }
  }

  @Test
  void saysThatAMonthIsEmpty() throws IOException {
    try (LivedFleet empty = new LivedFleet()) {
      JsonNode report = skipped(empty);
      assertThat(findings(report)).containsExactly("empty");
      assertThat(report.path("why").get(0).asText())
          .contains("no machine of type compressor has a reading from 2025-11-01T00:00:00Z");
    }
  }

  @Test
  void saysThatAllReadingsAreOfOneClassAndThenLearnsWhatIsUsualAloneIfAsked()
      throws IOException, OnnxException {
    try (LivedFleet healthy = new LivedFleet()) {
      healthy.live(3, 30, List.of(), 3, (machine, step, measured) -> measured);
      assertThat(findings(skipped(healthy))).containsExactly("one_class");
      Path out = directory.resolve("gate");
      RetrainSettings gate = new RetrainSettings(1, 1, Double.NaN, 21, 2, 0, 2, 1000, 5, 150_000);
      JsonNode report = retrain(healthy, gate, null, out).report();
      assertThat(report.at("/bundle/parts").toString()).isEqualTo("[\"anomaly\"]");
      assertThat(report.at("/comparison/challenger/false_alarms_a_machine_day").asDouble())
          .isLessThan(1);
      OnnxBundle.open(out, OnnxSettings.defaults()).close();
    }
  }

  @Test
  void leavesAMachineOutWhoseChannelIsBrokenAndRefusesWhenAllAre() throws IOException {
    try (LivedFleet broken = new LivedFleet()) {
      broken.live(
          5,
          30,
          BOTH,
          5,
          (machine, step, measured) ->
              switch (machine) {
                case 0 ->
                    step < 350
                        ? measured
                        : new LivedFleet.Values(3, measured.temperature(), measured.load());
                case 1 ->
                    step % 3 == 0
                        ? new LivedFleet.Values(measured.vibration(), 999, measured.load())
                        : measured;
                default -> measured;
              });
      JsonNode report = retrain(broken, SETTINGS, null, directory.resolve("three")).report();
      assertThat(findings(report))
          .containsExactly("channel_stuck vibration", "channel_out_of_range temperature");
      assertThat(report.at("/sufficiency/machines").asInt()).isEqualTo(3);
      JsonNode temperature = report.at("/validation/channels/temperature");
      assertThat(temperature.path("out_of_range").asInt()).isEqualTo(240);
      assertThat(temperature.path("readings").asInt()).isEqualTo(5 * 720);
    }
    try (LivedFleet deaf = new LivedFleet()) {
      deaf.live(
          2,
          30,
          BOTH,
          5,
          (machine, step, measured) ->
              new LivedFleet.Values(
                  step % 2 == 0 ? Double.NaN : measured.vibration(),
                  measured.temperature(),
                  measured.load()));
      assertThat(findings(skipped(deaf)))
          .contains("channel_missing vibration", "channel_broken_everywhere");
    }
  }

  @Test
  void leavesOutDaysThatAreCopiesOfOthersAndCountsThemNot() throws IOException {
    try (LivedFleet copied = new LivedFleet()) {
      Map<Integer, LivedFleet.Values> day = new TreeMap<>();
      copied.live(
          2,
          22,
          BOTH,
          5,
          (machine, step, measured) -> {
            int inDay = step % LivedFleet.STEPS_A_DAY;
            if (step / LivedFleet.STEPS_A_DAY == 2) {
              day.put(inDay, measured);
            }
            return step / LivedFleet.STEPS_A_DAY == 9 || step / LivedFleet.STEPS_A_DAY == 11
                ? day.getOrDefault(inDay, measured)
                : measured;
          });
      JsonNode report = skipped(copied);
      assertThat(findings(report))
          .containsExactly("duplicated_day", "duplicated_day", "duplicated_day", "duplicated_day");
      assertThat(report.path("why").get(0).asText())
          .isEqualTo("20 days with readings, and 21 are needed");
    }
  }

  @Test
  void learnsFromVerdictsOnAlertsAndNotFromAlertsThatNobodyJudged() throws IOException {
    try (LivedFleet judged = new LivedFleet()) {
      judged.live(
          3,
          30,
          BOTH,
          5,
          (machine, step, measured) ->
              // A shaking of four hours each three days, on one machine.
              machine == 2 && step % 72 >= 50 && step % 72 < 54
                  ? new LivedFleet.Values(30, measured.temperature(), measured.load())
                  : measured);
      List<String> alerts = judged.alerts("compressor-2");
      assertThat(alerts).hasSize(10);
      JsonNode before = retrain(judged, SETTINGS, null, directory.resolve("unjudged")).report();
      for (int i = 0; i < 5; i++) {
        judged.judge("compressor-2", alerts.get(i), "real", "Loose foot");
      }
      judged.judge("compressor-2", alerts.get(5), "false", "");
      JsonNode after = retrain(judged, SETTINGS, null, directory.resolve("judged")).report();
      assertThat(before.at("/sufficiency/failures").has("loose_foot")).isFalse();
      assertThat(after.at("/sufficiency/failures/loose_foot").asInt()).isEqualTo(5);
      assertThat(after.at("/rows/training/loose_foot").asInt()).isBetween(12, 20);
      assertThat(after.at("/bundle/failure_modes").toString())
          .isEqualTo("[\"bearing_wear\",\"loose_foot\",\"seal_leak\"]");
    }
  }

  @Test
  void refusesATypeWhoseMachinesHaveNothingInCommon() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Retraining(
                    MachineTypeReader.readAll(
                            ConfigFactory.parseResources("twin-types.conf")
                                .resolve()
                                .getConfig("twin.types"))
                        .auto(),
                    NOVEMBER,
                    SETTINGS,
                    "test",
                    line -> {}))
        .withMessageContaining("make a type of them first");
  }
}
