package twin.core.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import twin.core.machine.Cause;
import twin.core.machine.EventCodec;
import twin.core.machine.EventHash;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineEvent.ChannelSummary;
import twin.core.machine.MachineEvent.PeriodSummarized;
import twin.core.machine.MachineTwin;
import twin.core.machine.Stamp;
import twin.core.reading.Times;
import twin.core.store.CoarseEvent;
import twin.core.store.Database;
import twin.core.store.PeriodHistory;
import twin.core.store.PeriodResolution;
import twin.core.store.PeriodRow;
import twin.core.store.PeriodRow.ChannelValues;
import twin.core.store.PeriodSettings;
import twin.core.store.PeriodTable;
import twin.core.store.TestDatabase;

/** Summaries as a twin persists them, and the histories that a real database makes of them. */
final class PeriodProjectionTest {

  private static final Database DATABASE = TestDatabase.open(TestDatabase.create());
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Instant MIDNIGHT = Instant.parse("2025-11-07T00:00:00Z");
  private static final Duration KEEP = Duration.ofDays(2);

  private final String machineId = "m-" + NUMBER.incrementAndGet();
  private final List<CoarseEvent> events = new ArrayList<>();

  @AfterAll
  static void close() {
    DATABASE.close();
  }

  private static PeriodTable table(int rowsMax) {
    return new PeriodTable(DATABASE, new PeriodSettings(KEEP, rowsMax));
  }

  /** Ten minutes of readings, the k-th with torques around k, that begin so long after midnight. */
  private void measures(Duration after, int k) {
    Instant from = MIDNIGHT.plus(after);
    long revision = 2L * events.size() + 2;
    happens(
        revision,
        new PeriodSummarized(
            from,
            from.plusSeconds(599),
            revision - 1,
            revision - 1,
            60,
            List.of(
                new ChannelSummary("torque_nm", 60, k - 1, k + 2, k),
                new ChannelSummary("rpm", 30, 1500, 1500 + k, 1500.5)),
            k / 100.0,
            k == 3 ? null : Double.valueOf(1000 - k)));
  }

  private void happens(long revision, MachineEvent event) {
    JournalEntry entry =
        EventCodec.encode(
            new Stamp(
                MIDNIGHT,
                Times.toNanos(MIDNIGHT),
                new Cause.Source("mqtt:plant", null, null),
                EventHash.NONE),
            event);
    events.add(
        new CoarseEvent(
            "1:" + revision,
            MachineTwin.persistenceId(machineId).id(),
            revision,
            8101,
            entry.manifest(),
            entry.encoded(),
            MIDNIGHT));
    project(events.getLast());
  }

  private static void project(CoarseEvent event) {
    TestDatabase.handle(DATABASE, new PeriodProjection(table(1)), event);
  }

  private PeriodHistory history(int rowsMax, Duration from, Duration to) {
    return table(rowsMax)
        .between(machineId, MIDNIGHT.plus(from), MIDNIGHT.plus(to))
        .toCompletableFuture()
        .join();
  }

  /** Six periods an hour from a time after midnight on. */
  private void measuresHours(int firstHour, int hours) {
    for (int i = 0; i < 6 * hours; i++) {
      measures(Duration.ofMinutes(60L * firstHour + 10L * i), 6 * firstHour + i);
    }
  }

  @Test
  void fewPeriodsAreToldOneByOne() {
    measuresHours(0, 3);
    PeriodHistory found = history(100, Duration.ofMinutes(15), Duration.ofMinutes(40));
    assertThat(found.resolution()).isEqualTo(PeriodResolution.PERIOD);
    assertThat(found.rows())
        .extracting(row -> row.worstScore())
        .containsExactly(.01, .02, .03, .04);
    assertThat(found.rows().get(1))
        .isEqualTo(
            new PeriodRow(
                MIDNIGHT.plusSeconds(1200),
                MIDNIGHT.plusSeconds(1200),
                MIDNIGHT.plusSeconds(1799),
                6,
                5,
                5,
                60,
                Map.of(
                    "torque_nm", new ChannelValues(60, 1, 4, 2),
                    "rpm", new ChannelValues(30, 1500, 1502, 1500.5)),
                0.02,
                998.0));
  }

  @Test
  void manyPeriodsAreToldByTheHourAlsoTheOneThatIsNotOver() {
    measuresHours(0, 2);
    measures(Duration.ofMinutes(130), 99);
    PeriodHistory found = history(5, Duration.ZERO, Duration.ofDays(1));
    assertThat(found.resolution()).isEqualTo(PeriodResolution.HOUR);
    assertThat(found.rows()).hasSize(3);
    PeriodRow first = found.rows().getFirst();
    assertThat(first.startsAt()).isEqualTo(MIDNIGHT);
    assertThat(first.to()).isEqualTo(MIDNIGHT.plusSeconds(3599));
    assertThat(first.readings()).isEqualTo(360);
    assertThat(first.firstRevision()).isEqualTo(1);
    assertThat(first.lastRevision()).isEqualTo(11);
    assertThat(first.worstScore()).isEqualTo(0.05);
    assertThat(first.leastRul()).isEqualTo(995.0);
    ChannelValues torque = channel(first, "torque_nm");
    assertThat(torque.values()).isEqualTo(360);
    assertThat(torque.min()).isEqualTo(-1);
    assertThat(torque.max()).isEqualTo(7);
    assertThat(torque.mean()).isCloseTo(2.5, within(1e-9));
    PeriodRow last = found.rows().getLast();
    assertThat(last.startsAt()).isEqualTo(MIDNIGHT.plus(Duration.ofHours(2)));
    assertThat(last.from()).isEqualTo(MIDNIGHT.plus(Duration.ofMinutes(130)));
    assertThat(last.worstScore()).isEqualTo(0.99);
  }

  private static ChannelValues channel(PeriodRow row, String name) {
    ChannelValues values = row.channels().get(name);
    if (values == null) {
      throw new AssertionError("no values of " + name);
    }
    return values;
  }

  @Test
  void manyHoursAreToldByTheDay() {
    measuresHours(0, 50);
    PeriodHistory found = history(10, Duration.ZERO, Duration.ofDays(9));
    assertThat(found.resolution()).isEqualTo(PeriodResolution.DAY);
    assertThat(found.rows()).extracting(PeriodRow::readings).containsExactly(8640L, 8640L, 720L);
    assertThat(found.rows()).extracting(PeriodRow::worstScore).containsExactly(1.43, 2.87, 2.99);
    assertThat(found.rowsRead()).as("two days, an hour of today and six periods").isEqualTo(9);
  }

  @Test
  void whatHasBeenPrunedIsToldByTheHour() {
    measuresHours(0, 1);
    measuresHours(24, 1);
    measuresHours(48, 1);
    measuresHours(72, 1);
    PeriodHistory young = history(100, Duration.ofHours(24), Duration.ofDays(9));
    assertThat(young.resolution()).isEqualTo(PeriodResolution.PERIOD);
    assertThat(young.rows()).hasSize(18);
    PeriodHistory old = history(100, Duration.ofHours(0), Duration.ofDays(9));
    assertThat(old.resolution()).isEqualTo(PeriodResolution.HOUR);
    assertThat(old.rows()).extracting(PeriodRow::readings).containsExactly(360L, 360L, 360L, 360L);
  }

  /** As when the number of slices has changed. What was pruned comes back until the next day. */
  @Test
  void anEventTwiceOrAllFromTheBeginningChangeNothing() {
    measuresHours(0, 2);
    measuresHours(23, 2);
    measures(Duration.ofHours(70), 1);
    measures(Duration.ofHours(95), 1);
    List<PeriodHistory> before = new ArrayList<>();
    for (int rowsMax : new int[] {10, 1}) {
      before.add(history(rowsMax, Duration.ZERO, Duration.ofDays(9)));
    }
    events.forEach(
        event -> {
          project(event);
          project(event);
        });
    List<PeriodHistory> after = new ArrayList<>();
    for (int rowsMax : new int[] {10, 1}) {
      after.add(history(rowsMax, Duration.ZERO, Duration.ofDays(9)));
    }
    assertThat(after).isEqualTo(before);
  }

  @Test
  void whatNoRowHasYetIsAddedOnce() {
    measuresHours(0, 2);
    PeriodRow open =
        new PeriodRow(
            MIDNIGHT.plus(Duration.ofMinutes(119)).plusSeconds(59),
            MIDNIGHT.plus(Duration.ofMinutes(119)).plusSeconds(59),
            MIDNIGHT.plus(Duration.ofMinutes(119)).plusSeconds(59),
            31,
            31,
            31,
            1,
            Map.of("rpm", new ChannelValues(1, 7, 7, 7)),
            null,
            null);
    PeriodHistory hours = history(5, Duration.ZERO, Duration.ofDays(1));
    assertThat(hours.with(open).rows()).hasSize(2);
    assertThat(hours.with(open).rows().getLast().readings()).isEqualTo(361);
    assertThat(channel(hours.with(open).rows().getLast(), "rpm").min()).isEqualTo(7);
    assertThat(hours.with(open).with(open)).isEqualTo(hours.with(open));
    PeriodHistory periods = history(100, Duration.ZERO, Duration.ofDays(1));
    assertThat(periods.with(open).rows()).hasSize(13).endsWith(open);
  }

  @Test
  void neighboursBecomeOneWithTheirExtremes() {
    measuresHours(0, 5);
    PeriodHistory found = history(100, Duration.ZERO, Duration.ofDays(9)).thinned(10);
    assertThat(found.rows()).hasSize(10).allMatch(row -> row.readings() == 180);
    PeriodRow last = found.rows().getLast();
    assertThat(last.from()).isEqualTo(MIDNIGHT.plus(Duration.ofMinutes(270)));
    assertThat(last.to()).isEqualTo(MIDNIGHT.plus(Duration.ofHours(5)).minusSeconds(1));
    assertThat(channel(last, "torque_nm").min()).isEqualTo(26);
    assertThat(channel(last, "torque_nm").max()).isEqualTo(31);
    assertThat(channel(last, "torque_nm").mean()).isCloseTo(28, within(1e-9));
    assertThat(found.rowsRead()).isEqualTo(30);
    assertThat(found.thinned(10)).isEqualTo(found);
  }

  @Test
  void aMachineWithoutSummariesHasNoHistory() {
    assertThat(history(10, Duration.ZERO, Duration.ofDays(9)).rows()).isEmpty();
  }
}
