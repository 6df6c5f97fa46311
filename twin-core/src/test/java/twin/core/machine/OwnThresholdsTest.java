package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.Fixtures.Twin;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/**
 * Thresholds that a twin finds while its machine is commissioned, and that follow it from there.
 */
final class OwnThresholdsTest {

  private static final Config TANK =
      ConfigFactory.parseString(
          """
          channels = [{name = shake}, {name = heat, required = false}]
          features = [
            {name = shake, kind = value, of = [shake]}
            {name = heat,  kind = value, of = [heat]}
          ]
          lateness-bound = 60s
          future-bound = 60s
          silence = 2m
          commissioning-readings = 20
          gate-threshold = 6
          thresholds {from-reading = 11, factor = 2, adapt-readings = 10
            lowest = 0.5, highest = 3, step = 0.1}
          alerts = [{name = anomaly, kind = anomaly, on = 1, off = 0.9, on-readings = 2
            off-readings = 3, severity = medium}]
          """);
  private static final MachineType TYPE = MachineTypeReader.read("tank", TANK);

  /** A gate whose scores are the values of the two channels. */
  private record Gate(ModelProfile profile) implements ModelSession, Models {

    Gate(String version) {
      this(
          new ModelProfile(
              new ModelRef("tank", version, version.substring(0, 1).repeat(64)),
              List.of("vibration", "thermal"),
              List.of(50.0, 60.0),
              List.of(),
              List.of(),
              FeatureExtractor.VERSION,
              "scripted"));
    }

    @Override
    public Optional<ModelSession> champion(String type, String machineId) {
      return Optional.of(this);
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      return readings.stream()
          .map(
              each ->
                  new ModelOutput(
                      new float[] {(float) each.get("shake"), (float) each.get("heat")},
                      Float.NaN,
                      new float[0],
                      new float[0]))
          .toList();
    }
  }

  private final Twin twin = twin();
  private long seq;

  private static Twin twin() {
    Twin twin = new Twin("tank-1");
    twin.types = new MachineTypes(List.of(TYPE, Fixtures.TYPES.auto()));
    twin.models = new Gate("1.0.0");
    return twin;
  }

  private static SubmittedReading reading(long seq, Map<String, Double> values) {
    return new SubmittedReading(
        "tank-1", "tank", Fixtures.START.plusSeconds(seq), seq, null, values, Map.of());
  }

  private void send(Map<String, Double> values) {
    seq++;
    twin.now = Fixtures.START.plusSeconds(seq);
    twin.record(reading(seq, values));
  }

  private void send(double shake, double heat) {
    send(Map.of("shake", shake, "heat", heat));
  }

  private Assessment newest() {
    MachineState.Latest latest = twin.state.latest();
    assertThat(latest).isNotNull();
    Assessment assessment = latest.reading().assessment();
    assertThat(assessment).isNotNull();
    return assessment;
  }

  /** Scores of 1 and 2, but 9 before they count; the thresholds become 2 and 4. */
  private void commission() {
    for (int i = 1; i <= 20; i++) {
      send(i <= 10 ? 9 : 1, i <= 10 ? 9 : 2);
    }
  }

  @Test
  void judgesNothingWhileTheMachineIsCommissioned() {
    for (int i = 1; i <= 20; i++) {
      send(1000, 1000);
      assertThat(newest().hasScore()).isTrue();
      assertThat(newest().anomalous()).isFalse();
    }
    assertThat(twin.state.alerts().open()).isEmpty();
    assertThat(twin.state.alerts().counts().getFirst().on()).isZero();
  }

  @Test
  void aBatchInWhichCommissioningEndsIsNotJudgedEither() {
    List<SubmittedReading> batch = new ArrayList<>();
    for (int i = 1; i <= 25; i++) {
      batch.add(reading(i, Map.of("shake", i <= 20 ? 1.0 : 1000.0)));
    }
    twin.now = Fixtures.START.plusSeconds(25);
    twin.record(null, batch);
    assertThat(twin.recorded()).hasSize(25);
    assertThat(twin.recorded())
        .noneMatch(each -> each.assessment() != null && each.assessment().anomalous());
    seq = 25;
    send(Map.of("shake", 3000.0));
    assertThat(newest().anomalous()).isTrue();
  }

  @Test
  void thresholdsAreAMultipleOfTheGreatestScoreThatCounted() {
    commission();
    assertThat(twin.events(MachineEvent.CalibrationCompleted.class))
        .singleElement()
        .satisfies(event -> assertThat(event.thresholds()).containsExactly(2.0, 4.0));
    send(1.9, 3.9);
    assertThat(newest().anomalous()).isFalse();
    send(2, 3.9);
    assertThat(newest().anomalous()).isTrue();
    send(1.9, 4);
    assertThat(newest().anomalous()).isTrue();
  }

  @Test
  void aModalityWithoutItsSensorIsNotJudgedAndTheOtherOneIs() {
    for (int i = 1; i <= 20; i++) {
      send(Map.of("shake", 1.0));
    }
    assertThat(twin.events(MachineEvent.CalibrationCompleted.class).getFirst().thresholds())
        .containsExactly(2.0, 60.0);
    send(Map.of("shake", 1.5));
    assertThat(newest().score(1)).isNaN();
    assertThat(newest().anomalous()).isFalse();
    send(Map.of("shake", 2.5));
    assertThat(newest().anomalous()).isTrue();
  }

  @Test
  void aThresholdFollowsSlowlyWhatIsNormalAndStopsAtItsBounds() {
    commission();
    double greatest = 2;
    for (int i = 0; i < 400; i++) {
      double before = twin.state.thresholds()[0];
      // Always just under the threshold: as fast as it can be led astray.
      send(0.95 * before, 2);
      assertThat(newest().anomalous()).isFalse();
      double after = twin.state.thresholds()[0];
      assertThat(after).isBetween(before, before * 1.2);
      greatest = Math.max(greatest, after);
    }
    assertThat(greatest).isEqualTo(6.0);
    assertThat(twin.state.thresholds()[1]).isEqualTo(4.0);
    for (int i = 0; i < 400; i++) {
      send(0.01, 2);
    }
    assertThat(twin.state.thresholds()[0]).isCloseTo(1.0, within(0.12));
    assertThat(twin.state.thresholds()[0]).isGreaterThanOrEqualTo(1.0);
    List<MachineEvent.ThresholdAdapted> adapted = twin.events(MachineEvent.ThresholdAdapted.class);
    assertThat(adapted).hasSizeBetween(10, 60);
    assertThat(adapted)
        .allSatisfy(
            event -> {
              assertThat(event.modality()).isEqualTo("vibration");
              assertThat(Math.abs(event.to() - event.from()) / event.from())
                  .isGreaterThanOrEqualTo(0.1);
            });
  }

  @Test
  void noThresholdMovesWhileThereIsAnAnomalyOrItsAlertIsActive() {
    commission();
    List<Double> before = twin.state.calibration().thresholds();
    send(5, 2);
    send(5, 2);
    assertThat(twin.state.alerts().open()).hasSize(1);
    for (int i = 0; i < 200; i++) {
      // Normal by itself, but not yet under the limit at which the alert goes.
      send(1.9, 3.7);
      assertThat(newest().anomalous()).isFalse();
    }
    for (int i = 0; i < 200; i++) {
      send(5, 3.7);
    }
    assertThat(twin.state.calibration().thresholds()).isEqualTo(before);
    assertThat(twin.events(MachineEvent.ThresholdAdapted.class)).isEmpty();
    for (int i = 0; i < 30; i++) {
      send(1.5, 2);
    }
    assertThat(twin.events(MachineEvent.ThresholdAdapted.class)).isNotEmpty();
  }

  @Test
  void maintenanceBeginsAllOfItAnew() {
    commission();
    twin.change(to -> new MachineCommand.RecordMaintenance("overhaul", "", "anna", to));
    assertThat(twin.state.calibration().thresholds()).isEmpty();
    assertThat(twin.state.withholdsJudgement()).isTrue();
    for (int i = 1; i <= 20; i++) {
      send(3, 3);
    }
    assertThat(twin.state.calibration().thresholds()).containsExactly(6.0, 6.0);
  }

  @Test
  void thresholdsOfAnotherModelAreFoundAnewFromWhatIsNormalToIt() {
    commission();
    twin.models = new Gate("2.0.0");
    send(1, 2);
    assertThat(twin.state.thresholds()).containsExactly(50, 60);
    send(55, 2);
    assertThat(newest().anomalous()).isTrue();
    for (int i = 0; i < 10; i++) {
      send(7, 2);
    }
    assertThat(twin.state.calibration().thresholds()).containsExactly(14.0, 4.0);
  }

  @Test
  void aRuleThatMakesNoSenseIsRefused() {
    for (String wrong :
        List.of(
            "thresholds.factor = 0",
            "thresholds.from-reading = 0",
            "thresholds.from-reading = 21",
            "thresholds.lowest = 1.5",
            "thresholds.highest = 0.5",
            "thresholds.adapt-readings = -1",
            "thresholds.step = 0")) {
      Config config = ConfigFactory.parseString(wrong).withFallback(TANK);
      assertThatThrownBy(() -> MachineTypeReader.read("tank", config))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("tank");
    }
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 20);
  }

  /** A life of random scores with faults, missing sensors, batches, restarts and late readings. */
  static Twin live(long seed) {
    Random random = new Random(seed);
    Twin twin = twin();
    double level = 1;
    long seq = 0;
    while (seq < 300) {
      List<SubmittedReading> batch = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        seq++;
        level = Math.max(0.1, level * (1 + 0.1 * random.nextGaussian()));
        double shake = random.nextInt(40) == 0 ? 20 * level : level;
        batch.add(
            reading(
                random.nextInt(20) == 0 ? Math.max(1, seq - 3) : seq,
                random.nextInt(10) == 0
                    ? Map.of("shake", shake)
                    : Map.of("shake", shake, "heat", 1 + random.nextDouble())));
      }
      twin.now = Fixtures.START.plusSeconds(seq);
      twin.record(null, batch);
    }
    return twin;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theEventsGiveTheStateFromEverySnapshot(long seed) {
    Twin lived = live(seed);
    assertThat(lived.events(MachineEvent.ThresholdAdapted.class)).isNotEmpty();
    for (int from = 0; from <= lived.journal.size(); from += 5) {
      MachineState state = SnapshotCodec.decode(SnapshotCodec.encode(lived.states.get(from)));
      assertThat(state).isEqualTo(lived.states.get(from));
      for (JournalEntry entry : lived.journal.subList(from, lived.journal.size())) {
        state = state.apply(EventCodec.decode(entry.manifest(), entry.encoded()));
      }
      assertThat(state).isEqualTo(lived.state);
      assertThat(SnapshotCodec.encode(state)).isEqualTo(SnapshotCodec.encode(lived.state));
    }
  }

  /** The bytes of such a state, as the first release with own thresholds wrote them. */
  @Test
  void aStateWithOwnThresholdsIsReadAndWrittenAsBefore() {
    MachineState state = live(1).state;
    byte[] stored = stored(state);
    assertThat(SnapshotCodec.decode(stored)).isEqualTo(state);
    assertThat(HexFormat.of().formatHex(SnapshotCodec.encode(state)))
        .isEqualTo(HexFormat.of().formatHex(stored));
  }

  private static byte[] stored(MachineState state) {
    String name = "/golden/state-thresholds-2.hex";
    try (InputStream in = OwnThresholdsTest.class.getResourceAsStream(name)) {
      if (in == null && Boolean.getBoolean("twin.golden.write")) {
        byte[] encoded = SnapshotCodec.encode(state);
        Files.writeString(
            Path.of("src/test/resources" + name), HexFormat.of().formatHex(encoded) + "\n");
        return encoded;
      }
      assertThat(in).as("golden file %s", name).isNotNull();
      return HexFormat.of()
          .parseHex(new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
