package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import twin.core.alert.AlertBook;
import twin.core.machine.Fixtures.Twin;
import twin.core.reading.Times;
import twin.core.type.MachineTypeReader;

/**
 * The bytes of a snapshot as the first release wrote them, and how many there may be. Snapshots are
 * kept, for time travel, so old ones go on being read.
 *
 * <p>{@code -Dtwin.golden.write=true} writes the file when it is missing, never over another.
 */
final class SnapshotTest {

  /** A life with something of everything that a state can hold. */
  static MachineState eventful() {
    Twin twin = new Twin("machine-001");
    twin.change(
        to ->
            new MachineCommand.Register(
                new Description("Nord", "A", "L1", new TreeMap<>(Map.of("maker", "Acme"))),
                null,
                "anna",
                "new line",
                to));
    for (long seq = 40; seq < 45; seq++) {
      twin.now = Fixtures.START.plusSeconds(seq);
      twin.record("topic/0", List.of(Fixtures.milling(seq, twin.now, 40 + 0.1 * seq, 150.0 + seq)));
    }
    // A gap, a reading without a number, one ahead of the clock, and a restart.
    twin.now = Fixtures.START.plusSeconds(60);
    twin.record(Fixtures.milling(50L, twin.now, 41, 20));
    twin.record(Fixtures.milling(null, twin.now.minusSeconds(3), 41, 20));
    twin.record(Fixtures.milling(51L, twin.now.plusSeconds(7200), 41, 20));
    twin.record(Fixtures.milling(1L, twin.now.plusSeconds(1), 42.8, 21));
    return twin.state;
  }

  @Test
  void theEventfulStateHoldsAnAlertTwoRunsAndAReadingAhead() {
    MachineState state = eventful();
    assertThat(state.alerts().open()).isNotEmpty();
    assertThat(state.identities().parts().previous().ranges().bounds())
        .containsExactly(40, 44, 50, 50);
    assertThat(state.identities().parts().current().ranges().bounds()).containsExactly(1, 1);
    assertThat(state.identities().parts().ahead()).hasSize(1);
    assertThat(state.identities().parts().times()).hasSize(1);
    assertThat(state.window().size()).isEqualTo(8);
  }

  @Test
  void isReadAsItWasWritten() {
    MachineState state = eventful();
    MachineState read = SnapshotCodec.decode(stored(state));
    assertThat(read).isEqualTo(state);
    assertThat(read.head()).isEqualTo(state.head());
  }

  @Test
  void isWrittenToTheSameBytes() {
    MachineState state = eventful();
    assertThat(HexFormat.of().formatHex(SnapshotCodec.encode(state)))
        .isEqualTo(HexFormat.of().formatHex(stored(state)));
  }

  @Test
  void aStateBeforeAnythingHappenedComesBackToo() {
    MachineState empty = MachineState.empty("machine-001");
    assertThat(SnapshotCodec.decode(SnapshotCodec.encode(empty))).isEqualTo(empty);
  }

  @Test
  void bytesThatAreNoSnapshotAreRefused() {
    byte[] whole = SnapshotCodec.encode(eventful());
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    assertThatThrownBy(() -> SnapshotCodec.decode(half))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("broken");
  }

  /** One snapshot in 800 events, all of them kept, may cost a twentieth of the journal. */
  @Test
  void aSnapshotIsUnderATwentiethOf800Events() {
    Twin twin = new Twin("machine-001");
    long eventBytes = 0;
    for (long seq = 0; twin.journal.size() < 800; seq++) {
      twin.now = Fixtures.START.plusSeconds(seq);
      // Values with as many digits as real ones: half of them do not fit single precision.
      double torqueNm = Math.round(10 * (40 + 10 * Math.sin((double) seq))) / 10.0;
      twin.record(Fixtures.milling(1_000_000 + seq, twin.now, torqueNm, (double) (seq % 30)));
    }
    for (JournalEntry entry : twin.journal) {
      eventBytes += entry.encodedLength();
    }
    int snapshotBytes = SnapshotCodec.encode(twin.state).length;
    System.out.printf(
        "800 events of a milling machine: %d bytes, a snapshot: %d bytes, %.2f %%%n",
        eventBytes, snapshotBytes, 100.0 * snapshotBytes / eventBytes);
    assertThat(twin.state.window().size()).isEqualTo(twin.state.window().capacity());
    assertThat(snapshotBytes).isLessThan((int) (eventBytes / 20));
  }

  /** A machine with rules of the kinds that keep times, on their way to an alert. */
  private static MachineState ruled() {
    Twin twin = new Twin("press-7");
    twin.types =
        MachineTypeReader.readAll(
            ConfigFactory.parseString(
                    """
                    twin.types.auto.alerts = [
                      {name = delayed, kind = high, channel = pressure_bar, on = 80, on-delay = 1m, severity = high}
                      {name = often, kind = high, channel = pressure_bar, on = 80, times = 3, within = 1h, severity = high}
                      {name = both, severity = low, all = [
                        {kind = high, channel = pressure_bar, on = 80}, {kind = anomaly, on = 1}]}
                      {name = silent, kind = silence, severity = low}
                    ]
                    """)
                .withFallback(ConfigFactory.parseResources("twin-types.conf"))
                .resolve()
                .getConfig("twin.types"));
    double[] values = {85, 70, 85, 85};
    for (int i = 0; i < values.length; i++) {
      twin.now = Fixtures.START.plusSeconds(i);
      twin.record(Fixtures.press((long) i, twin.now, values[i]));
    }
    return twin.state;
  }

  @Test
  void aStateWithRulesThatKeepTimesIsReadAndWrittenAsItWas() {
    MachineState state = ruled();
    long since = Times.toNanos(Fixtures.START.plusSeconds(2));
    assertThat(state.alerts().counts())
        .containsExactly(
            new AlertBook.Count(1, 0, since, 0, List.of(), false),
            new AlertBook.Count(
                1, 0, since, 0, List.of(Times.toNanos(Fixtures.START), since), true),
            new AlertBook.Count(0, 1, Times.toNanos(Fixtures.START), 1, List.of(), false),
            new AlertBook.Count(0, 1));
    byte[] stored = stored("/golden/state-rules-3.hex", state);
    assertThat(SnapshotCodec.decode(stored)).isEqualTo(state);
    assertThat(HexFormat.of().formatHex(SnapshotCodec.encode(state)))
        .isEqualTo(HexFormat.of().formatHex(stored));
  }

  @Test
  void whatIsKeptOfARuleIsAFewBytes() throws IOException {
    ObjectMapper mapper = JournalMapper.create(new CBORFactory());
    List<Integer> bytes = new ArrayList<>();
    for (AlertBook.Count count : ruled().alerts().counts()) {
      bytes.add(mapper.writeValueAsBytes(count).length);
    }
    System.out.printf("bytes of delayed, often, both, silent: %s%n", bytes);
    assertThat(bytes).allMatch(each -> each <= 64);
  }

  /** As it was before states had a period: whatever is absent has not begun. */
  @Test
  void aStateWithoutAPeriodIsReadStill() {
    MachineState read = SnapshotCodec.decode(stored("/golden/state-1.hex", eventful()));
    assertThat(read.period()).isEqualTo(OpenPeriod.NONE);
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("period", "head")
        .usingOverriddenEquals()
        .isEqualTo(eventful());
  }

  /**
   * As it was before alerts told a band of remaining life: the event that raises one says more now,
   * so the chain has another head.
   */
  @Test
  void aStateWithAlertsWithoutABandIsReadStill() {
    assertThat(SnapshotCodec.decode(stored("/golden/state-2.hex", eventful())))
        .usingRecursiveComparison()
        .ignoringFields("head")
        .usingOverriddenEquals()
        .isEqualTo(eventful());
  }

  private static byte[] stored(MachineState state) {
    return stored("/golden/state-3.hex", state);
  }

  private static byte[] stored(String name, MachineState state) {
    if (Boolean.getBoolean("twin.golden.write") && SnapshotTest.class.getResource(name) == null) {
      byte[] encoded = SnapshotCodec.encode(state);
      try {
        Files.writeString(
            Path.of("src/test/resources" + name), HexFormat.of().formatHex(encoded) + "\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return encoded;
    }
    try (InputStream in = SnapshotTest.class.getResourceAsStream(name)) {
      assertThat(in).as("golden file %s", name).isNotNull();
      return HexFormat.of()
          .parseHex(new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
