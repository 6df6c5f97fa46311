package twin.core.reading;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Times are in seconds here; the receiver's clock stands still unless a test moves it. */
final class IdentitiesTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long LATENESS = 60 * SECOND;
  private static final Judgement DUPLICATE = new Judgement.Duplicate();
  private static final Judgement IN_ORDER = new Judgement.New(Placement.IN_ORDER, false);
  private static final Judgement RESTART = new Judgement.New(Placement.IN_ORDER, true);
  private static final Judgement LATE = new Judgement.New(Placement.LATE, false);
  private static final Judgement VERY_LATE = new Judgement.New(Placement.VERY_LATE, false);
  private static final Judgement AHEAD = new Judgement.New(Placement.AHEAD, false);

  private Identities identities = Identities.none();
  private long latestPlausible = 1_000_000 * SECOND;

  private Judgement judge(long second, @Nullable Long seq) {
    return identities.judge(second * SECOND, seq, null, null, latestPlausible, LATENESS);
  }

  /** Judges a reading and records it when it is new, as a twin does. */
  private Judgement take(long second, @Nullable Long seq) {
    Judgement judgement = judge(second, seq);
    if (judgement instanceof Judgement.New(Placement placement, boolean restart)) {
      identities = restart ? identities.restarted() : identities;
      identities = identities.with(second * SECOND, seq, placement, LATENESS);
    }
    return judgement;
  }

  private static String reason(Judgement judgement) {
    assertThat(judgement).isInstanceOf(Judgement.TooLate.class);
    return ((Judgement.TooLate) judgement).reason();
  }

  @Test
  void theSameNumberAgainIsADuplicate() {
    assertThat(take(1000, 1L)).isEqualTo(IN_ORDER);
    assertThat(take(1001, 2L)).isEqualTo(IN_ORDER);
    assertThat(take(1000, 1L)).isEqualTo(DUPLICATE);
    assertThat(take(1001, 2L)).isEqualTo(DUPLICATE);
  }

  @Test
  void theSameMomentWithAHigherNumberIsAnotherReading() {
    take(1000, 1L);
    assertThat(take(1000, 2L)).isEqualTo(IN_ORDER);
    assertThat(take(1000, 1L)).isEqualTo(DUPLICATE);
  }

  @Test
  void aGapIsFilledLateWithinTheBoundAndVeryLateBeyondIt() {
    take(1000, 1L);
    take(1100, 5L);
    assertThat(identities.missing()).isEqualTo(3);
    assertThat(take(1040, 4L)).as("exactly the bound old").isEqualTo(LATE);
    assertThat(take(1039, 3L)).as("a second older").isEqualTo(VERY_LATE);
    assertThat(identities.missing()).isEqualTo(1);
    assertThat(take(1040, 4L)).isEqualTo(DUPLICATE);
    assertThat(take(1039, 3L)).isEqualTo(DUPLICATE);
    assertThat(identities.watermarkNanos()).isEqualTo(1100 * SECOND);
  }

  @Test
  void aNewerTimeWithASmallerNumberIsARestart() {
    take(1000, 50L);
    assertThat(take(1001, 1L)).isEqualTo(RESTART);
    assertThat(take(1002, 2L)).isEqualTo(IN_ORDER);
    assertThat(take(1001, 1L)).isEqualTo(DUPLICATE);
    assertThat(identities.parts().previous().highestSeq()).isEqualTo(50);
  }

  @Test
  void aNewerTimeWithTheHighestNumberIsARestartToo() {
    take(1000, 0L);
    assertThat(take(1001, 0L)).isEqualTo(RESTART);
  }

  @Test
  void readingsOfThePreviousRunAreStillKnown() {
    take(1000, 50L);
    take(1002, 52L);
    take(1010, 1L);
    assertThat(take(1002, 52L)).isEqualTo(DUPLICATE);
    assertThat(take(1001, 51L)).as("a gap of the run before").isEqualTo(LATE);
    assertThat(take(1001, 51L)).isEqualTo(DUPLICATE);
  }

  @Test
  void aStragglerOfThePreviousRunBelongsToItThoughItIsNewerThanItsLast() {
    take(1000, 50L);
    take(1010, 1L);
    // Sent as the last of the old run, after 50 and before the restart.
    assertThat(take(1005, 51L)).isEqualTo(LATE);
    assertThat(take(1005, 51L)).isEqualTo(DUPLICATE);
    // The new run has never had that number, so it is new there.
    take(1020, 2L);
    assertThat(take(1060, 51L)).isEqualTo(IN_ORDER);
  }

  @Test
  void whatIsOlderThanTwoRunsCannotBeJudged() {
    take(1000, 50L);
    take(1010, 1L);
    take(1020, 0L);
    assertThat(reason(take(1000, 50L))).contains("last two runs");
    assertThat(take(1010, 1L)).as("the run before is kept").isEqualTo(DUPLICATE);
  }

  @Test
  void aGapThatHadToBeClosedCannotBeJudged() {
    for (long range = 0; range <= SeqRanges.MAX_RANGES; range++) {
      take(1000 + range, 2 * range);
    }
    assertThat(reason(take(1000, 1L))).contains("64 ranges");
    assertThat(take(1002, 3L)).as("the next gap is open").isEqualTo(VERY_LATE);
  }

  @Test
  void withoutNumbersTheTimeIsTheIdentityInsideTheBound() {
    assertThat(take(1000, null)).isEqualTo(IN_ORDER);
    assertThat(take(1100, null)).isEqualTo(IN_ORDER);
    assertThat(take(1100, null)).isEqualTo(DUPLICATE);
    assertThat(take(1040, null)).as("exactly the bound old").isEqualTo(LATE);
    assertThat(take(1040, null)).isEqualTo(DUPLICATE);
    assertThat(reason(take(1039, null))).contains("no seq");
  }

  @Test
  void withoutNumbersATooFastMachineForgetsItsOldestTimesAndSaysSo() {
    for (long i = 0; i <= Identities.MAX_TIMES; i++) {
      identities = identities.with(1000 * SECOND + i, null, Placement.IN_ORDER, LATENESS);
    }
    Judgement oldest = identities.judge(1000 * SECOND, null, null, null, latestPlausible, LATENESS);
    assertThat(reason(oldest)).contains("4096").contains("seq");
    assertThat(identities.judge(1000 * SECOND + 1, null, null, null, latestPlausible, LATENESS))
        .isEqualTo(DUPLICATE);
    assertThat(identities.parts().times()).hasSize(Identities.MAX_TIMES);
  }

  /** Times outside the shorter bound are gone, so a longer one cannot bring them back. */
  @Test
  void aLongerLatenessBoundMakesNoDuplicateNew() {
    take(1000, null);
    take(1030, null);
    take(1100, null);
    Judgement again =
        identities.judge(1030 * SECOND, null, null, null, latestPlausible, 600 * SECOND);
    assertThat(reason(again)).isNotEmpty();
    assertThat(identities.judge(1031 * SECOND, null, null, null, latestPlausible, 600 * SECOND))
        .as("newer than all that was forgotten")
        .isEqualTo(LATE);
  }

  @Test
  void aReadingAheadOfTheClockMovesNothingAndIsADuplicateAfterwards() {
    latestPlausible = 2000 * SECOND;
    take(1000, 1L);
    assertThat(judge(2000, 2L)).as("exactly the bound ahead").isEqualTo(IN_ORDER);
    assertThat(take(2001, 2L)).isEqualTo(AHEAD);
    assertThat(identities.watermarkNanos()).isEqualTo(1000 * SECOND);
    assertThat(take(1001, 3L)).isEqualTo(IN_ORDER);
    latestPlausible = 3000 * SECOND;
    assertThat(take(2001, 2L)).as("when the clock has come that far").isEqualTo(DUPLICATE);
    assertThat(take(2001, 4L)).as("another one of that moment").isEqualTo(IN_ORDER);
  }

  @Test
  void tooManyReadingsAheadAreForgottenByMinuteAndNumber() {
    latestPlausible = 2000 * SECOND;
    for (long i = 0; i <= Identities.MAX_AHEAD; i++) {
      assertThat(take(6000 + 60 * i, 10 + 2 * i)).isEqualTo(AHEAD);
    }
    assertThat(reason(take(6000, 10L))).contains("256").contains("ahead of the clock");
    assertThat(reason(take(6059, 10L))).as("the same minute").isNotEmpty();
    assertThat(take(6000, 11L)).as("another number").isEqualTo(AHEAD);
    assertThat(take(5999, 10L)).as("the minute before").isEqualTo(AHEAD);
    assertThat(identities.parts().ahead()).hasSize(Identities.MAX_AHEAD);
  }

  @Test
  void upToThePositionOfAQueueEverythingIsADuplicate() {
    identities = identities.withPosition("kafka/t-0", 7);
    assertThat(positioned("kafka/t-0", 7)).isEqualTo(DUPLICATE);
    assertThat(positioned("kafka/t-0", 8)).isEqualTo(IN_ORDER);
    assertThat(positioned("kafka/t-1", 7)).isEqualTo(IN_ORDER);
    assertThat(identities.withPosition("kafka/t-0", 6)).as("never back").isSameAs(identities);
  }

  private Judgement positioned(String queue, long position) {
    return identities.judge(1000 * SECOND, 1L, queue, position, latestPlausible, LATENESS);
  }

  @Test
  void keepsThePositionsOfSixteenQueuesAndAlwaysTheOneInUse() {
    for (int i = 0; i <= Identities.MAX_QUEUES; i++) {
      identities = identities.withPosition("queue-%02d".formatted(i), i);
    }
    identities = identities.withPosition("a-first-by-name", 5);
    assertThat(identities.parts().positions())
        .hasSize(Identities.MAX_QUEUES)
        .containsEntry("a-first-by-name", 5L)
        .containsEntry("queue-16", 16L);
  }

  @Test
  void comesBackFromItsPartsEqual() {
    latestPlausible = 2000 * SECOND;
    take(1000, 50L);
    take(1010, 1L);
    take(1020, null);
    take(9000, 3L);
    identities = identities.withPosition("kafka/t-0", 7);
    Identities.Parts parts = identities.parts();
    assertThat(Identities.of(parts)).isEqualTo(identities).hasSameHashCodeAs(identities);
    assertThat(parts.positions()).isEqualTo(new TreeMap<>(Map.of("kafka/t-0", 7L)));
  }
}
