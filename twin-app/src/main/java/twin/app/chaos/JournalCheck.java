package twin.app.chaos;

import com.typesafe.config.Config;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import twin.core.machine.AssessedReading;
import twin.core.machine.EventCodec;
import twin.core.machine.EventHash;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineTwin;
import twin.core.store.Database;
import twin.core.store.DatabaseSettings;
import twin.core.store.EventStore;
import twin.core.store.JournalTable;

/** Reads every journal from its beginning to its end, and counts. Not thread-safe. */
final class JournalCheck {

  private static final int PAGE = 500;
  private static final int EXAMPLES_MAX = 10;

  private final List<Instant> interruptions;
  private final Predicate<String> isClockRight;
  private final List<String> examples = new ArrayList<>();
  private long readings;
  private long gaps;
  private long spanned;
  private long doubled;
  private long outOfOrder;
  private long brokenChains;
  private long latencyMaxMillis;
  private Duration pauseMax = Duration.ZERO;
  private Duration resumedMax = Duration.ZERO;

  /**
   * One that has read nothing.
   *
   * @param interruptions when something was done to the cluster
   * @param isClockRight of which machines the times of readings can be compared with ours
   */
  JournalCheck(List<Instant> interruptions, Predicate<String> isClockRight) {
    this.interruptions = List.copyOf(interruptions);
    this.isClockRight = isClockRight;
  }

  /** Reads the journals of some machines. */
  void read(Config config, List<String> machineIds) {
    try (Database database = Database.open(DatabaseSettings.from(config))) {
      JournalTable journal = new JournalTable(database);
      machineIds.forEach(machineId -> read(journal, machineId));
    }
  }

  private void read(JournalTable journal, String machineId) {
    String id = MachineTwin.persistenceId(machineId).id();
    Set<Long> seen = new HashSet<>();
    long first = Long.MAX_VALUE;
    long newest = Long.MIN_VALUE;
    Instant[] resumedAt = new Instant[interruptions.size()];
    boolean measured = isClockRight.test(machineId);
    List<EventStore.Stored> page;
    EventHash before = EventHash.NONE;
    @Nullable Instant recordedBefore = null;
    long next = 1;
    do {
      page = journal.events(id, next, Long.MAX_VALUE, PAGE).toCompletableFuture().join();
      for (EventStore.Stored event : page) {
        JournalEntry entry = EventCodec.decode(event.manifest(), event.payload());
        if (event.revision() != next || !entry.stamp().previous().equals(before)) {
          brokenChains++;
        }
        before = entry.hash();
        if (entry.event() instanceof MachineEvent.ReadingsRecorded recorded) {
          Instant recordedAt = entry.stamp().recordedAt();
          resumed(resumedAt, recordedAt);
          if (recordedBefore != null) {
            pauseMax = longer(pauseMax, Duration.between(recordedBefore, recordedAt));
          }
          recordedBefore = recordedAt;
          for (AssessedReading each : recorded.readings()) {
            Long seq = each.reading().seq();
            if (seq == null) {
              continue;
            }
            if (!seen.add(seq)) {
              doubled++;
            } else if (seq < newest) {
              outOfOrder++;
              if (examples.size() < EXAMPLES_MAX) {
                examples.add(
                    "%s: seq %d is behind %d, recorded at %s"
                        .formatted(machineId, seq, newest, recordedAt));
              }
            }
            first = Math.min(first, seq);
            newest = Math.max(newest, seq);
            if (measured) {
              latencyMaxMillis =
                  Math.max(
                      latencyMaxMillis,
                      Duration.between(each.reading().timestamp(), recordedAt).toMillis());
            }
          }
        }
        next = event.revision() + 1;
      }
    } while (!page.isEmpty());
    if (!seen.isEmpty()) {
      readings += seen.size();
      spanned += newest - first + 1;
      gaps += newest - first + 1 - seen.size();
    }
    for (int i = 0; i < resumedAt.length; i++) {
      if (resumedAt[i] != null) {
        resumedMax = longer(resumedMax, Duration.between(interruptions.get(i), resumedAt[i]));
      }
    }
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  private void resumed(Instant[] resumedAt, Instant recordedAt) {
    for (int i = 0; i < resumedAt.length; i++) {
      if (resumedAt[i] == null && recordedAt.isAfter(interruptions.get(i))) {
        resumedAt[i] = recordedAt;
      }
    }
  }

  /** How long a machine had nothing recorded after an interruption, at worst. */
  Duration resumedMax() {
    return resumedMax;
  }

  /** Some of the readings that are out of order. */
  List<String> examples() {
    return List.copyOf(examples);
  }

  /** How many different readings there are. */
  long readings() {
    return readings;
  }

  /**
   * What was found. The machines number their readings without gaps: one that is missing in between
   * leaves a gap, one at the end shows by the number that was acknowledged.
   *
   * @param interval between two readings of a machine; only what is longer is a pause
   */
  ChaosReport.Journals found(long acknowledged, Duration interval) {
    return new ChaosReport.Journals(
        readings,
        gaps + Math.max(0, acknowledged - spanned),
        doubled,
        outOfOrder,
        brokenChains,
        longer(Duration.ZERO, pauseMax.minus(interval)),
        latencyMaxMillis);
  }
}
