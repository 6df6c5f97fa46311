package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import twin.core.alert.AlertState;
import twin.core.feature.Baseline;
import twin.core.inference.Assessment;
import twin.core.inference.Contribution;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.reading.Identities;
import twin.core.reading.Placement;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.reading.Times;
import twin.core.reading.Values;
import twin.core.type.AlertRule;
import twin.core.type.Channel;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.OperatingMode;
import twin.core.type.Severity;
import twin.core.type.ThresholdRule;

/**
 * The bytes of each event as the first release wrote them. A journal lives longer than any version
 * of the program: these files are only ever added to. A new layout gets new files, and the old ones
 * go on being read.
 *
 * <p>{@code -Dtwin.golden.write=true} writes the files that are missing, never those that exist.
 */
final class GoldenEventsTest {

  private static final Instant AT = Instant.parse("2025-11-07T15:10:01.123456789Z");

  private static final Stamp STAMP =
      new Stamp(
          Instant.parse("2025-11-07T15:10:02.345Z"),
          Times.toNanos(AT),
          new Cause.Source("mqtt:plant", null, null),
          EventHash.ofEvent("before", new byte[] {1, 2, 3}));

  private static final Stamp ASKED =
      new Stamp(
          Instant.parse("2025-11-07T15:10:02.345Z"),
          Identities.NO_TIME,
          new Cause.Principal("anna", "new line"),
          EventHash.NONE);

  private static final Stamp OWN =
      new Stamp(
          Instant.parse("2025-11-07T15:10:02.345Z"),
          Times.toNanos(AT),
          new Cause.Program("silence"),
          EventHash.NONE);

  private static final Stamp KAFKA =
      new Stamp(
          Instant.parse("2025-11-07T15:10:02.345Z"),
          Times.toNanos(AT),
          new Cause.Source("kafka:plant", "topic-id/3", 123456L),
          EventHash.NONE);

  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  /** A reading that was followed, from a queue without positions and from one with them. */
  private static final Stamp TRACED =
      new Stamp(
          Instant.parse("2025-11-07T15:10:02.345Z"),
          Times.toNanos(AT),
          new Cause.Source("mqtt:plant", null, null, TRACE),
          EventHash.NONE);

  private static final Stamp TRACED_KAFKA =
      new Stamp(
          Instant.parse("2025-11-07T15:10:02.345Z"),
          Times.toNanos(AT),
          new Cause.Source("kafka:plant", "topic-id/3", 123456L, TRACE),
          EventHash.NONE);

  record Golden(String file, Stamp stamp, MachineEvent event) {
    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Golden> goldens() {
    return Stream.of(
        new Golden("registered", ASKED, new MachineEvent.MachineRegistered(description())),
        new Golden("described", ASKED, new MachineEvent.MachineDescribed(Description.NONE)),
        new Golden("retired", ASKED, new MachineEvent.MachineRetired()),
        new Golden("definition", STAMP, new MachineEvent.DefinitionAssigned(definition())),
        new Golden(
            "definition-modes", STAMP, new MachineEvent.DefinitionAssigned(modalDefinition())),
        new Golden(
            "definition-rules", STAMP, new MachineEvent.DefinitionAssigned(ruledDefinition())),
        new Golden(
            "definition-again",
            STAMP,
            new MachineEvent.DefinitionAssigned(ruledDefinition(), true)),
        new Golden(
            "definition-thresholds",
            STAMP,
            new MachineEvent.DefinitionAssigned(calibratedDefinition())),
        new Golden("model", STAMP, new MachineEvent.ModelAssigned(profile("1.0.0"), null)),
        new Golden(
            "model-shadow",
            STAMP,
            new MachineEvent.ModelAssigned(profile("1.0.0"), profile("1.1.0"))),
        new Golden("readings", STAMP, new MachineEvent.ReadingsRecorded(List.of(usual()))),
        new Golden("readings-rare", KAFKA, new MachineEvent.ReadingsRecorded(rare())),
        new Golden(
            "readings-traced", TRACED_KAFKA, new MachineEvent.ReadingsRecorded(List.of(usual()))),
        new Golden("restarted-traced", TRACED, new MachineEvent.SequenceRestarted(1)),
        new Golden("restarted", STAMP, new MachineEvent.SequenceRestarted(1)),
        new Golden(
            "calibrated",
            STAMP,
            new MachineEvent.CalibrationCompleted(
                List.of(new Baseline("pressure_bar", 5.25, 0.125, 120)), List.of(6.0))),
        new Golden("threshold", OWN, new MachineEvent.ThresholdAdapted("vibration", 0.5, 0.55)),
        new Golden(
            "health",
            STAMP,
            new MachineEvent.HealthChanged(Status.ALARM, 0.25, 1.5, 0.75, "overstrain", 12.5)),
        new Golden(
            "health-unknown",
            OWN,
            new MachineEvent.HealthChanged(Status.UNKNOWN, null, null, null, "", null)),
        new Golden(
            "alert",
            STAMP,
            new MachineEvent.AlertChanged(
                "machine-001-17",
                "overstrain",
                "overstrain",
                AlertState.NORMAL,
                AlertState.UNACKNOWLEDGED,
                Severity.CRITICAL,
                16,
                2,
                AT,
                1.5,
                0.75,
                12.5,
                List.of(new Contribution("strain_min_nm", 12000.0, 0.0, 9000.0, 0.5)))),
        new Golden(
            "alert-band",
            STAMP,
            new MachineEvent.AlertChanged(
                "machine-001-17",
                "rul_low",
                "rul_low",
                AlertState.NORMAL,
                AlertState.UNACKNOWLEDGED,
                Severity.LOW,
                16,
                2,
                AT,
                1.5,
                0.75,
                12.5,
                List.of(),
                9.5,
                17.5,
                AT.plusSeconds(900),
                0,
                null)),
        new Golden(
            "alert-shelved",
            ASKED,
            new MachineEvent.AlertChanged(
                "machine-001-17",
                "overstrain",
                "overstrain",
                AlertState.ACKNOWLEDGED,
                AlertState.SHELVED,
                Severity.CRITICAL,
                0,
                0,
                AT,
                null,
                null,
                null,
                List.of(),
                null,
                null,
                AT.plusSeconds(3600),
                0,
                null)),
        new Golden(
            "alert-escalated",
            OWN,
            new MachineEvent.AlertChanged(
                "machine-001-17",
                "power",
                "power",
                AlertState.UNACKNOWLEDGED,
                AlertState.UNACKNOWLEDGED,
                Severity.CRITICAL,
                0,
                0,
                AT,
                null,
                null,
                null,
                List.of(),
                null,
                null,
                null,
                1,
                null)),
        new Golden(
            "alert-limit",
            STAMP,
            new MachineEvent.AlertChanged(
                "press-7-17",
                "too_high",
                "too_high",
                AlertState.NORMAL,
                AlertState.UNACKNOWLEDGED,
                Severity.HIGH,
                16,
                0,
                AT,
                null,
                null,
                null,
                List.of(new Contribution("pressure_bar", 81.5, null, 80.0, null)),
                null,
                null,
                null,
                0,
                AT.minusSeconds(30))),
        new Golden(
            "period",
            OWN,
            new MachineEvent.PeriodSummarized(
                AT.minusSeconds(60),
                AT,
                3,
                63,
                60,
                List.of(new MachineEvent.ChannelSummary("rpm", 60, 1200, 1600, 1450.5)),
                0.75,
                12.5)),
        new Golden(
            "maintenance",
            ASKED,
            new MachineEvent.MaintenanceRecorded("tool_changed", "worn out", AT)),
        new Golden(
            "maintenance-failure",
            ASKED,
            new MachineEvent.MaintenanceRecorded("repair", "", AT, "bearing_wear")),
        new Golden(
            "verdict",
            ASKED,
            new MachineEvent.VerdictGiven("machine-001-17", "real", "cracked insert")),
        new Golden(
            "verdict-finding",
            ASKED,
            new MachineEvent.VerdictGiven(
                "machine-001-17", "false", "a coolant hose hung in front", "sensor")));
  }

  private static Description description() {
    return new Description("plant-1", "hall-2", "line-3", new TreeMap<>(Map.of("maker", "Acme")));
  }

  private static MachineType definition() {
    return new MachineType(
        "milling",
        List.of(new Channel("rpm", "rpm", 0, 6000, true, 0), Channel.learned("extra")),
        List.of("variant"),
        List.of(new OperatingMode("idle", List.of(new OperatingMode.Range("rpm", 0, 100)), null)),
        List.of(FeatureSpec.of("rpm.mean_60", FeatureSpec.Kind.MEAN, "rpm", 60)),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofMinutes(2),
        0,
        6,
        "min",
        60,
        List.of(
            new AlertRule(
                "overstrain",
                AlertRule.Kind.FAILURE,
                "overstrain",
                0.5,
                0.3,
                2,
                5,
                Severity.CRITICAL)),
        false,
        0,
        null,
        null);
  }

  private static MachineType modalDefinition() {
    return new MachineType(
        "engine",
        List.of(
            new Channel("load", "", 0, 100, true, 0), new Channel("temp", "K", 0, 3000, true, 0)),
        List.of(),
        List.of(
            new OperatingMode(
                "idle",
                List.of(new OperatingMode.Range("load", 0, 10)),
                List.of(new OperatingMode.Nominal("temp", 642.5, 0.5)))),
        List.of(
            FeatureSpec.of("temp.deviation", FeatureSpec.Kind.DEVIATION, "temp", 1),
            new FeatureSpec(
                "temp.change",
                FeatureSpec.Kind.CHANGE,
                List.of("temp.deviation"),
                1024,
                1,
                "",
                30)),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofMinutes(2),
        10,
        6,
        "cycles",
        125,
        List.of(),
        false,
        30,
        null,
        null);
  }

  private static MachineType calibratedDefinition() {
    return new MachineType(
        "tank",
        List.of(new Channel("shake", "g", 0, 100, true, 0)),
        List.of(),
        List.of(),
        List.of(FeatureSpec.of("shake.level", FeatureSpec.Kind.STANDARDISED, "shake", 30)),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofMinutes(2),
        400,
        6,
        "",
        0,
        List.of(),
        false,
        0,
        new ThresholdRule(201, 1.75, 300, 0.5, 4, 0.05),
        null);
  }

  /** With a rule of each kind that came after the first release. */
  private static MachineType ruledDefinition() {
    return new MachineType(
        "press",
        List.of(new Channel("bar", "bar", 0, 300, true, 0)),
        List.of(),
        List.of(new OperatingMode("up", List.of(new OperatingMode.Range("bar", 10, 300)), null)),
        List.of(),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofMinutes(2),
        10,
        6,
        "cycles",
        125,
        List.of(
            rule(
                "name = hh, kind = high_high, channel = bar, on = 80, off = 75, severity = high,"
                    + " on-delay = 30s, off-delay = 60s, modes = [up]"),
            rule(
                "name = roc, kind = rate_of_change, channel = bar, on = -5, off = -3, window = 60s,"
                    + " severity = low, times = 3, within = 10m"),
            rule("name = rul, kind = rul_below, on = 10, bound = lower, severity = low"),
            rule("name = silent, kind = silence, severity = medium"),
            rule(
                "name = both, severity = critical, all = [{kind = low, channel = bar, on = 5},"
                    + " {kind = anomaly, on = 1}]")),
        false,
        0,
        null,
        null);
  }

  private static AlertRule rule(String hocon) {
    return MachineTypeReader.read(
            "rules",
            ConfigFactory.parseString("alerts = [{%s}]".formatted(hocon))
                .withFallback(
                    ConfigFactory.parseString(
                        """
                        channels = [{name = bar}]
                        operating-modes = [{name = up, ranges = {bar = [10, 300]}}]
                        lateness-bound = 1s, future-bound = 1s, silence = 1s
                        commissioning-readings = 0, gate-threshold = 6
                        """)))
        .alertRules()
        .getFirst();
  }

  private static ModelProfile profile(String version) {
    return new ModelProfile(
        new ModelRef("milling", version, "ab".repeat(32)),
        List.of("process"),
        List.of(0.61),
        List.of("heat_dissipation", "power", "overstrain", "tool_wear"),
        List.of(0.1, 0.5, 0.9),
        1,
        "onnxruntime 1.20.0 x86-64-v3");
  }

  private static AssessedReading usual() {
    return new AssessedReading(
        new Reading(
            AT,
            1_234_567L,
            Values.of(298.1, 308.6, 1551, 42.8, 108),
            List.of(),
            List.of("M"),
            Map.of(),
            0),
        Placement.IN_ORDER,
        0,
        0x1234_5678_9abc_def0L,
        Assessment.of(
            new float[] {0.123f},
            false,
            0.0041f,
            new float[] {0.001f, 0.002f, 0.0005f, 0.0003f},
            new float[] {88.25f, 107.5f, 131.75f}),
        null);
  }

  private static List<AssessedReading> rare() {
    List<AssessedReading> readings = new ArrayList<>();
    readings.add(usual());
    readings.add(
        new AssessedReading(
            new Reading(
                AT.minusSeconds(5),
                1_234_560L,
                Values.of(Double.NaN, 1e9 + 0.5, -1.5f, 0, 1L << 40),
                List.of(Quality.BAD, Quality.GOOD, Quality.UNCERTAIN, Quality.GOOD, Quality.GOOD),
                List.of(""),
                Map.of("air_temp_k", "n/a"),
                3),
            Placement.LATE,
            0,
            0,
            null,
            null));
    readings.add(
        new AssessedReading(
            new Reading(
                AT.plusSeconds(7200), null, Values.of(1, 2), List.of(), List.of(), Map.of(), 0),
            Placement.AHEAD,
            2,
            -1,
            Assessment.unavailable("model: out of order"),
            Assessment.of(
                new float[] {Float.NaN, 2}, true, Float.NaN, new float[0], new float[0])));
    return readings;
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void isReadAsItWasWritten(Golden golden) {
    byte[] written = stored(golden);
    JournalEntry entry = EventCodec.decode(EventCodec.manifestOf(golden.event()), written);
    assertThat(entry.event()).isEqualTo(golden.event());
    assertThat(entry.stamp()).isEqualTo(golden.stamp());
    assertThat(entry.encoded()).isEqualTo(written);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void isWrittenToTheSameBytes(Golden golden) {
    assertThat(
            HexFormat.of().formatHex(EventCodec.encode(golden.stamp(), golden.event()).encoded()))
        .isEqualTo(HexFormat.of().formatHex(stored(golden)));
  }

  @Test
  void thereIsOneForEveryKindOfEvent() {
    assertThat(goldens().<Class<?>>map(golden -> golden.event().getClass()).distinct())
        .containsExactlyInAnyOrder(MachineEvent.class.getPermittedSubclasses());
  }

  @Test
  void aUsualMillingReadingFitsIn200Bytes() {
    assertThat(
            EventCodec.encode(STAMP, new MachineEvent.ReadingsRecorded(List.of(usual())))
                .encodedLength())
        .isLessThanOrEqualTo(200);
  }

  private static byte[] stored(Golden golden) {
    String name = "/golden/events/" + golden.file() + "-1.hex";
    if (Boolean.getBoolean("twin.golden.write")
        && GoldenEventsTest.class.getResource(name) == null) {
      byte[] encoded = EventCodec.encode(golden.stamp(), golden.event()).encoded();
      Path file = Path.of("src/test/resources" + name);
      try {
        Files.createDirectories(file.getParent());
        Files.writeString(file, HexFormat.of().formatHex(encoded) + "\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return encoded;
    }
    try (InputStream in = GoldenEventsTest.class.getResourceAsStream(name)) {
      assertThat(in).as("golden file %s", name).isNotNull();
      return HexFormat.of()
          .parseHex(new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
