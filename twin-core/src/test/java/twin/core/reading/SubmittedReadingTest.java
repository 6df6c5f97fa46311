package twin.core.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SubmittedReadingTest {

  private static SubmittedReading reading(String machineId, Instant at, @Nullable Long seq) {
    return new SubmittedReading(machineId, null, at, seq, null, Map.of("x", 1.0), Map.of());
  }

  private static final String LONGEST = "m" + "0".repeat(63);

  @ParameterizedTest
  @ValueSource(strings = {"a", "9", "press-7", "A.b_c-D", "machine-001"})
  void takesIdsOfLettersDigitsDotsDashesAndUnderscores(String id) {
    assertThat(reading(id, Instant.EPOCH, null).machineId()).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", ".a", "_a", "a/b", "a b", "ä", "a\n", "a|b"})
  void refusesOtherIds(String id) {
    assertThatThrownBy(() -> reading(id, Instant.EPOCH, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("machine_id");
  }

  @Test
  void anIdHasAtMost64Characters() {
    assertThat(reading(LONGEST, Instant.EPOCH, null).machineId()).hasSize(64);
    assertThatThrownBy(() -> reading(LONGEST + "0", Instant.EPOCH, null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTimeMustFitTheJournalsNanoseconds() {
    for (Instant possible : new Instant[] {Times.EARLIEST, Times.LATEST}) {
      assertThat(Times.ofNanos(Times.toNanos(reading("m", possible, null).timestamp())))
          .isEqualTo(possible);
    }
    for (Instant impossible :
        new Instant[] {Times.EARLIEST.minusNanos(1), Times.LATEST.plusNanos(1)}) {
      assertThatThrownBy(() -> reading("m", impossible, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("timestamp must lie between");
    }
  }

  @Test
  void aSeqIsFromZeroToOneBelowTheGreatestLong() {
    assertThat(reading("m", Instant.EPOCH, 0L).seq()).isZero();
    assertThat(reading("m", Instant.EPOCH, Long.MAX_VALUE - 1).seq()).isEqualTo(Long.MAX_VALUE - 1);
    for (long impossible : new long[] {-1, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> reading("m", Instant.EPOCH, impossible))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("seq");
    }
  }

  @Test
  void doesNotChangeWithTheMapsItWasMadeFrom() {
    Map<String, Double> numbers = new HashMap<>(Map.of("x", 1.0));
    SubmittedReading reading =
        new SubmittedReading("m", null, Instant.EPOCH, null, null, numbers, Map.of());
    numbers.put("x", 2.0);
    assertThat(reading.numbers()).containsExactly(Map.entry("x", 1.0));
  }
}
