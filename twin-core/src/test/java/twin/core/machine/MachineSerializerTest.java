package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import twin.core.machine.Fixtures.Twin;

final class MachineSerializerTest {

  private static final MachineSerializer SERIALIZER = new MachineSerializer();

  static List<JournalEntry> entries() {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(1L, Fixtures.START, 10, 200));
    twin.record(Fixtures.milling(2L, Fixtures.START.plusSeconds(1), 10, 200));
    twin.change(to -> new MachineCommand.Retire(null, "anna", "scrapped", to));
    return twin.journal;
  }

  @ParameterizedTest
  @MethodSource("entries")
  void anEventStandsUnderItsShortNameWithTheBytesThatWereHashed(JournalEntry entry) {
    assertThat(SERIALIZER.manifest(entry)).isEqualTo(EventCodec.manifestOf(entry.event()));
    assertThat(SERIALIZER.toBinary(entry)).isEqualTo(entry.encoded());
    Object read = SERIALIZER.fromBinary(entry.encoded(), SERIALIZER.manifest(entry));
    assertThat(read).isEqualTo(entry);
    assertThat(((JournalEntry) read).event()).isEqualTo(entry.event());
    assertThat(((JournalEntry) read).hash()).isEqualTo(entry.hash());
  }

  @Test
  void aStateAndTheReplyWithItHaveManifestsThatNoEventHas() {
    MachineState state = MachineState.empty("machine-001");
    for (Object object : List.of(state, new MachineReply.State(state))) {
      String manifest = SERIALIZER.manifest(object);
      assertThat(SERIALIZER.fromBinary(SERIALIZER.toBinary(object), manifest)).isEqualTo(object);
      assertThatThrownBy(
              () -> EventCodec.decode(manifest, EventCodec.encode(stamp(), event()).encoded()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(manifest);
    }
  }

  private static Stamp stamp() {
    return new Stamp(Fixtures.START, 0, new Cause.Program(""), EventHash.NONE);
  }

  private static MachineEvent event() {
    return new MachineEvent.MachineRetired();
  }

  @Test
  void anEventOfALaterVersionIsRefusedByName() {
    byte[] bytes = EventCodec.encode(stamp(), event()).encoded();
    assertThatThrownBy(() -> SERIALIZER.fromBinary(bytes, "levitated"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'levitated' that this version does not know");
  }

  @Test
  void whatIsNoneOfOursIsRefused() {
    assertThatThrownBy(() -> SERIALIZER.manifest("text"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("String");
    assertThatThrownBy(() -> SERIALIZER.toBinary("text"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Rows carry the number for ever. */
  @Test
  void itsIdentifierNeverChanges() {
    assertThat(SERIALIZER.identifier()).isEqualTo(8101);
  }

  /** The read side leaves readings out by a literal in SQL, which must stay the manifest. */
  @Test
  void thePartialIndexOfTheJournalLeavesOutTheManifestOfReadings() throws IOException {
    assertThat(EventCodec.manifestOf(new MachineEvent.ReadingsRecorded(List.of())))
        .isEqualTo(MachineEvent.READINGS)
        .isEqualTo("readings");
    try (InputStream migration =
        MachineSerializerTest.class.getResourceAsStream("/db/migration/V1__journal.sql")) {
      assertThat(migration).isNotNull();
      assertThat(new String(migration.readAllBytes(), StandardCharsets.UTF_8))
          .contains("where event_ser_manifest <> '" + MachineEvent.READINGS + "';");
    }
  }
}
