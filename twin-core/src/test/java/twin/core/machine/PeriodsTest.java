package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import twin.core.machine.Fixtures.Twin;
import twin.core.machine.MachineEvent.ChannelSummary;
import twin.core.machine.MachineEvent.PeriodSummarized;
import twin.core.reading.Placement;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineTypes;

/** When periods end and what their summaries say. */
final class PeriodsTest {

  private final Twin twin = new Twin("machine-001");

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 30);
  }

  private void mill(long seq, Duration after, double torqueNm) {
    Instant at = Fixtures.START.plus(after);
    twin.now = at.isAfter(twin.now) ? at : twin.now;
    twin.record(Fixtures.milling(seq, at, torqueNm, 10));
  }

  private List<PeriodSummarized> periods() {
    return twin.events(PeriodSummarized.class);
  }

  @Test
  void sixtyReadingsOverAMinuteMakeAPeriod() {
    for (int i = 0; i < 60; i++) {
      mill(i, Duration.ofSeconds(i), 40 + i % 5);
    }
    assertThat(periods()).as("59 s are no minute").isEmpty();
    mill(60, Duration.ofSeconds(60), 40);
    assertThat(periods()).hasSize(1);
    PeriodSummarized period = periods().getFirst();
    assertThat(period.from()).isEqualTo(Fixtures.START);
    assertThat(period.to()).isEqualTo(Fixtures.START.plusSeconds(60));
    assertThat(period.readings()).isEqualTo(61);
    assertThat(period.channels())
        .contains(
            new ChannelSummary("torque_nm", 61, 40, 44, (12 * 210.0 + 40) / 61),
            new ChannelSummary("rpm", 61, 1500, 1500, 1500));
    assertThat(period.worstScore()).isCloseTo(0.4 / 0.61, within(0.05));
    assertThat(period.leastRul()).isEqualTo(240.0);
    assertThat(twin.state.period()).isEqualTo(OpenPeriod.NONE);
    mill(61, Duration.ofSeconds(61), 40);
    assertThat(twin.state.period().span().readings()).isEqualTo(1);
  }

  @Test
  void aFastMachineHasOneAMinute() {
    for (int i = 0; i <= 3000; i++) {
      mill(i, Duration.ofMillis(100L * i), 40);
    }
    assertThat(periods()).hasSize(4).allMatch(period -> period.readings() == 601);
  }

  @Test
  void aSlowMachineHasOneAnHour() {
    for (int i = 0; i < 24; i++) {
      mill(i, Duration.ofMinutes(10L * i), 40);
    }
    assertThat(periods()).hasSize(3).allMatch(period -> period.readings() == 6);
    assertThat(periods().get(1).from()).isEqualTo(Fixtures.START.plus(Duration.ofHours(1)));
    assertThat(periods().get(1).to()).isEqualTo(Fixtures.START.plus(Duration.ofMinutes(110)));
  }

  @Test
  void aPeriodEndsBeforeAGapAndNotAfterIt() {
    mill(1, Duration.ofMinutes(1), 40);
    mill(2, Duration.ofHours(5), 50);
    assertThat(periods()).hasSize(1);
    assertThat(periods().getFirst().to()).isEqualTo(Fixtures.START.plus(Duration.ofMinutes(1)));
    assertThat(twin.state.period().span().from())
        .isEqualTo(Fixtures.START.plus(Duration.ofHours(5)));
  }

  @Test
  void anHourOfSilenceEndsAPeriodOnce() {
    mill(1, Duration.ofMinutes(1), 40);
    twin.now = twin.now.plus(Duration.ofMinutes(59));
    twin.due();
    assertThat(periods()).isEmpty();
    twin.now = twin.now.plus(Duration.ofMinutes(1));
    twin.due();
    twin.due();
    assertThat(periods()).hasSize(1);
  }

  @Test
  void aMachineThatRetiresLeavesNothingWithoutSummary() {
    mill(1, Duration.ofMinutes(1), 40);
    twin.change(to -> new MachineCommand.Retire(null, "anna", "scrapped", to));
    assertThat(periods()).hasSize(1);
    assertThat(twin.state.period()).isEqualTo(OpenPeriod.NONE);
  }

  @Test
  void lateReadingsCountWithoutMovingThePeriod() {
    mill(1, Duration.ofSeconds(100), 40);
    mill(3, Duration.ofSeconds(110), 40);
    mill(2, Duration.ofSeconds(90), 70);
    assertThat(twin.recorded().getLast().placement()).isEqualTo(Placement.LATE);
    PeriodSummarized open =
        twin.state.period().summary(Fixtures.TYPES.find("milling").orElseThrow()).orElseThrow();
    assertThat(open.from()).isEqualTo(Fixtures.START.plusSeconds(100));
    assertThat(open.to()).isEqualTo(Fixtures.START.plusSeconds(110));
    assertThat(open.readings()).isEqualTo(3);
    assertThat(open.channels()).contains(new ChannelSummary("torque_nm", 3, 40, 70, 50));
  }

  @Test
  void badValuesAreInNoSummary() {
    mill(1, Duration.ofSeconds(1), 40);
    mill(2, Duration.ofSeconds(2), 9999);
    twin.change(to -> new MachineCommand.Retire(null, "anna", "scrapped", to));
    assertThat(periods().getFirst().readings()).isEqualTo(2);
    assertThat(periods().getFirst().channels())
        .contains(new ChannelSummary("torque_nm", 1, 40, 40, 40));
  }

  @Test
  void valuesWhoseSumNoNumberHoldsHaveAMeanNevertheless() {
    double huge = Double.MAX_VALUE;
    Twin press = new Twin("press-7");
    for (long seq = 1; seq <= 3; seq++) {
      press.now = Fixtures.START.plusSeconds(seq);
      press.record(Fixtures.press(seq, press.now, huge));
    }
    press.change(to -> new MachineCommand.Retire(null, "anna", "scrapped", to));
    assertThat(press.events(PeriodSummarized.class).getFirst().channels())
        .containsExactly(new ChannelSummary("pressure_bar", 3, huge, huge, huge));
  }

  /** What stands by the positions of one definition cannot be added to another's. */
  @Test
  void anotherDefinitionEndsThePeriod() {
    twin.types = new MachineTypes(List.of(Fixtures.TYPES.find("auto").orElseThrow()));
    record(1, Map.of("b", 1.0));
    record(2, Map.of("a", 5.0, "b", 3.0));
    twin.change(to -> new MachineCommand.Retire(null, "anna", "scrapped", to));
    assertThat(periods()).hasSize(2);
    assertThat(periods().get(0).channels()).containsExactly(new ChannelSummary("b", 1, 1, 1, 1));
    assertThat(periods().get(1).channels())
        .containsExactlyInAnyOrder(
            new ChannelSummary("a", 1, 5, 5, 5), new ChannelSummary("b", 1, 3, 3, 3));
  }

  private void record(long seq, Map<String, Double> numbers) {
    twin.now = Fixtures.START.plusSeconds(seq);
    twin.record(new SubmittedReading("machine-001", null, twin.now, seq, null, numbers, Map.of()));
  }

  /** Readings of some hours, dense and sparse by turns, some of them late. */
  private static List<List<SubmittedReading>> life(Random random) {
    List<List<SubmittedReading>> batches = new ArrayList<>();
    Instant time = Fixtures.START;
    long seq = 0;
    while (batches.size() < 150) {
      long step = random.nextInt(4) == 0 ? 60_000 : 1_500;
      List<SubmittedReading> batch = new ArrayList<>();
      for (int i = random.nextInt(40); i >= 0; i--) {
        time = time.plusMillis(1 + random.nextLong(step));
        batch.add(Fixtures.milling(++seq, time, random.nextInt(90), random.nextInt(250)));
      }
      if (batch.size() > 2 && random.nextBoolean()) {
        batch.add(batch.remove(random.nextInt(batch.size() - 1)));
      }
      batches.add(batch);
    }
    return batches;
  }

  private static Twin lived(List<List<SubmittedReading>> batches, boolean oneByOne) {
    Twin lived = new Twin("machine-001");
    for (List<SubmittedReading> batch : batches) {
      for (SubmittedReading reading : batch) {
        lived.now = reading.timestamp().isAfter(lived.now) ? reading.timestamp() : lived.now;
      }
      if (oneByOne) {
        batch.forEach(lived::record);
      } else {
        lived.record(null, batch);
      }
    }
    return lived;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void everyReadingIsInOneSummary(long seed) {
    Twin lived = lived(life(new Random(seed)), false);
    List<AssessedReading> since = new ArrayList<>();
    List<Long> revisions = new ArrayList<>();
    long checked = 0;
    for (int i = 0; i < lived.journal.size(); i++) {
      switch (lived.journal.get(i).event()) {
        case MachineEvent.ReadingsRecorded recorded -> {
          since.addAll(recorded.readings());
          revisions.add(i + 1L);
        }
        case PeriodSummarized period -> {
          assertThat(period.firstRevision()).isEqualTo(revisions.getFirst());
          assertThat(period.lastRevision()).isEqualTo(revisions.getLast());
          assertSumsUp(period, since);
          checked += since.size();
          since.clear();
          revisions.clear();
        }
        default -> {}
      }
    }
    assertThat(lived.state.period().span().readings()).isEqualTo(since.size());
    assertThat(checked + since.size()).isEqualTo(lived.state.readings());
    List<PeriodSummarized> periods = lived.events(PeriodSummarized.class);
    assertThat(periods).hasSizeGreaterThan(10);
    for (int i = 0; i < periods.size(); i++) {
      PeriodSummarized period = periods.get(i);
      assertThat(period.to().truncatedTo(ChronoUnit.HOURS))
          .isEqualTo(period.from().truncatedTo(ChronoUnit.HOURS));
      assertThat(i == 0 || !period.from().isBefore(periods.get(i - 1).to())).isTrue();
    }
  }

  private static void assertSumsUp(PeriodSummarized period, List<AssessedReading> readings) {
    assertThat(period.readings()).isEqualTo(readings.size());
    DoubleSummaryStatistics torque = new DoubleSummaryStatistics();
    double worst = Double.NEGATIVE_INFINITY;
    double least = Double.POSITIVE_INFINITY;
    for (AssessedReading each : readings) {
      torque.accept(each.reading().values().get(3));
      if (each.assessment() != null) {
        worst = Math.max(worst, each.assessment().scoreRatio(new double[] {0.61}));
        least = Math.min(least, each.assessment().medianRul());
      }
    }
    ChannelSummary summary =
        period.channels().stream()
            .filter(each -> each.channel().equals("torque_nm"))
            .findFirst()
            .orElseThrow();
    assertThat(summary.values()).isEqualTo(torque.getCount());
    assertThat(summary.min()).isEqualTo(torque.getMin());
    assertThat(summary.max()).isEqualTo(torque.getMax());
    assertThat(summary.mean()).isCloseTo(torque.getAverage(), within(1e-9));
    assertThat(period.worstScore()).isEqualTo(worst);
    assertThat(period.leastRul()).isEqualTo(least);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aBatchHasThePeriodsOfItsReadingsOneByOne(long seed) {
    List<List<SubmittedReading>> batches = life(new Random(seed));
    Twin batched = lived(batches, false);
    Twin single = lived(batches, true);
    assertThat(batched.events(PeriodSummarized.class).stream().map(PeriodsTest::withoutRevisions))
        .isEqualTo(
            single.events(PeriodSummarized.class).stream()
                .map(PeriodsTest::withoutRevisions)
                .toList());
    assertThat(batched.state.period().span()).isEqualTo(single.state.period().span());
    assertThat(batched.state.period().numbers()).isEqualTo(single.state.period().numbers());
  }

  /** Where its events stand differs: those of batches are fewer. */
  private static PeriodSummarized withoutRevisions(PeriodSummarized period) {
    return new PeriodSummarized(
        period.from(),
        period.to(),
        0,
        0,
        period.readings(),
        period.channels(),
        period.worstScore(),
        period.leastRul());
  }

  /** A summary in a minute must not be felt beside sixty readings. */
  @Test
  void aSummaryCostsFewBytesAReading() {
    Random random = new Random(1);
    for (int i = 0; i < 3600; i++) {
      mill(i, Duration.ofSeconds(i), Math.round(400 + 100 * random.nextGaussian()) / 10.0);
    }
    long summaries = 0;
    long readings = 0;
    for (JournalEntry entry : twin.journal) {
      if (entry.event() instanceof PeriodSummarized) {
        summaries += entry.encodedLength();
      } else if (entry.event() instanceof MachineEvent.ReadingsRecorded) {
        readings += entry.encodedLength();
      }
    }
    System.out.printf(
        "3600 milling readings, one an event: %.1f bytes a reading, and %.1f more in %d summaries"
            + " of %d bytes%n",
        readings / 3600.0, summaries / 3600.0, periods().size(), summaries / periods().size());
    assertThat(summaries).isLessThan(readings / 10);
  }
}
