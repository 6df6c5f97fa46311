package twin.core.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import twin.core.machine.JournalEntry;
import twin.core.store.EventStore.Stored;

/** No byte of any event can be changed without being found, and found where it is. */
final class ChangedByteTest {

  private static final int CHANGES = 250;

  private static List<Stored> journal(long seed) {
    List<JournalEntry> lived =
        seed % 2 == 0
            ? Evidence.milling("machine", seed, 40).journal()
            : Evidence.press("machine", seed, 70).journal();
    List<Stored> rows = new ArrayList<>();
    for (JournalEntry entry : lived) {
      rows.add(new Stored(rows.size() + 1, entry.manifest(), entry.encoded()));
    }
    return rows;
  }

  /** What a seal of the whole journal knows. */
  private static NavigableMap<Long, List<SealedHead>> sealed(long seed) {
    List<JournalEntry> lived =
        seed % 2 == 0
            ? Evidence.milling("machine", seed, 40).journal()
            : Evidence.press("machine", seed, 70).journal();
    Seal seal =
        new Seal("log", 1, Instant.EPOCH, 1, "0".repeat(64), Seal.NONE, "key", "0".repeat(128));
    return new TreeMap<>(
        Map.of(
            (long) lived.size(),
            List.of(
                new SealedHead(seal, new Head("machine", lived.size(), lived.getLast().hash())))));
  }

  private static List<Finding> found(
      List<Stored> rows, NavigableMap<Long, List<SealedHead>> sealed) {
    Findings findings = new Findings(100);
    MachineCheck check =
        new MachineCheck(
            "machine", findings, sealed, new TreeSet<>(), r -> Optional.empty(), false);
    rows.forEach(check::add);
    check.end();
    return findings.told();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void isFoundAtItsRevision(long seed) {
    List<Stored> rows = journal(seed);
    NavigableMap<Long, List<SealedHead>> sealed = sealed(seed);
    assertThat(found(rows, sealed)).isEmpty();
    Random random = new Random(seed);
    for (int i = 0; i < CHANGES; i++) {
      int position = i % 10 == 0 ? rows.size() - 1 : random.nextInt(rows.size());
      Stored row = rows.get(position);
      byte[] payload = row.payload().clone();
      int at = random.nextInt(payload.length);
      payload[at] ^= (byte) (1 + random.nextInt(255));
      List<Stored> changed = new ArrayList<>(rows);
      changed.set(position, new Stored(row.revision(), row.manifest(), payload));
      assertThat(found(changed, sealed))
          .as("seed %d, revision %d, byte %d", seed, row.revision(), at)
          .anySatisfy(finding -> assertThat(finding.revision()).isEqualTo(row.revision()));
    }
  }

  @Test
  void nothingIsFoundInAnyWholeJournal() {
    for (long seed = 100; seed < 130; seed++) {
      assertThat(found(journal(seed), new TreeMap<>())).as("seed %d", seed).isEmpty();
    }
  }
}
