package twin.core.audit;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import twin.core.machine.EventCodec;
import twin.core.machine.EventHash;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineState;
import twin.core.machine.SnapshotCodec;
import twin.core.store.EventStore;

/**
 * Goes through the journal of one machine and tells what is wrong with it. It is given the events
 * in order and remembers the one before, not more.
 *
 * <p>An event whose link to the one before it is broken may be the changed one or the one after it.
 * The link behind it tells: if that holds, the event is as it was recorded. So a broken link is
 * told one event later.
 *
 * <p>After something is wrong the state is taken from the next snapshot, so that one change is not
 * told again with every snapshot behind it. Not thread-safe.
 */
final class MachineCheck {

  private final String machineId;
  private final Findings findings;
  private final NavigableMap<Long, List<SealedHead>> sealed;
  private final NavigableSet<Long> snapshots;
  private final LongFunction<Optional<EventStore.Stored>> snapshot;
  private final boolean forgets;

  private long revision;
  private @Nullable EventHash hash = EventHash.NONE;
  private @Nullable JournalEntry before;
  private @Nullable MachineState state;

  /** The later event of a broken link of which it is not known yet which of both was changed. */
  private long doubtful;

  private long blamed;
  private long events;
  private long compared;
  private long snapshotsCompared;
  private long forgotten;
  private long otherHeads;
  private @Nullable SealedHead lastGood;
  private @Nullable SealedHead firstOther;

  /**
   * A check.
   *
   * @param sealed what seals know of the machine, by revision
   * @param snapshots the revisions of which there are snapshots
   * @param snapshot reads one of them
   * @param forgets whether the oldest events may be gone in order, up to a snapshot that stays
   */
  MachineCheck(
      String machineId,
      Findings findings,
      NavigableMap<Long, List<SealedHead>> sealed,
      NavigableSet<Long> snapshots,
      LongFunction<Optional<EventStore.Stored>> snapshot,
      boolean forgets) {
    this.machineId = machineId;
    this.findings = findings;
    this.sealed = sealed;
    this.snapshots = snapshots;
    this.snapshot = snapshot;
    this.forgets = forgets;
    this.state = MachineState.empty(machineId);
  }

  private void tell(long at, Finding.Kind what, String detail) {
    findings.add(machineId, at, what, detail);
  }

  /** Takes the next event. */
  void add(EventStore.Stored event) {
    if (event.revision() != revision + 1 && !wasForgotten(event.revision() - 1)) {
      missing(revision + 1, event.revision() - 1);
    }
    EventHash found = EventHash.ofEvent(event.manifest(), event.payload());
    JournalEntry entry = decoded(event);
    link(event.revision(), entry);
    if (entry != null) {
      times(event.revision(), entry);
      apply(event.revision(), entry);
    }
    seals(event.revision(), found);
    revision = event.revision();
    hash = found;
    before = entry;
    events++;
    if (snapshots.contains(revision)) {
      compareSnapshot();
    }
  }

  /**
   * Whether the history begins behind a snapshot since its oldest events were forgotten. The first
   * that is there must then follow on the snapshot.
   */
  private boolean wasForgotten(long to) {
    if (!forgets || events > 0 || revision > 0 || !snapshots.contains(to)) {
      return false;
    }
    try {
      MachineState oldest =
          snapshot
              .apply(to)
              .map(stored -> SnapshotCodec.decode(stored.payload()))
              .filter(taken -> taken.revision() == to && taken.machineId().equals(machineId))
              .orElse(null);
      if (oldest == null) {
        return false;
      }
      state = oldest;
      hash = oldest.head();
      revision = to;
      forgotten = to;
      return true;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  /** Passes over events that are there but cannot be got at; somebody else has told that. */
  void skip(long to) {
    settle(Behind.UNKNOWN);
    revision = to;
    hash = null;
    before = null;
    state = null;
  }

  private void missing(long from, long to) {
    settle(Behind.UNKNOWN);
    tell(
        from,
        Finding.Kind.MISSING_EVENT,
        from == to
            ? "the event of revision %d is missing".formatted(from)
            : "the events of revisions %d to %d are missing".formatted(from, to));
    hash = null;
    before = null;
    state = null;
  }

  private @Nullable JournalEntry decoded(EventStore.Stored event) {
    try {
      return EventCodec.decode(event.manifest(), event.payload());
    } catch (RuntimeException e) {
      tell(
          event.revision(),
          Finding.Kind.UNREADABLE_EVENT,
          "it cannot be read as an event '%s': %s".formatted(event.manifest(), reason(e)));
      state = null;
      return null;
    }
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = String.valueOf(cause.getMessage());
    return message.lines().findFirst().orElse(cause.getClass().getSimpleName());
  }

  private void link(long at, @Nullable JournalEntry entry) {
    EventHash known = hash;
    if (entry == null || known == null) {
      settle(Behind.UNKNOWN);
      return;
    }
    boolean holds = entry.stamp().previous().equals(known);
    settle(holds ? Behind.HOLDS : Behind.BROKEN);
    if (!holds) {
      doubtful = at;
      state = null;
    }
  }

  /** What the link behind a broken one says of the event in between. */
  private enum Behind {
    HOLDS,
    BROKEN,
    UNKNOWN
  }

  /** Tells a broken link that waited. */
  private void settle(Behind behind) {
    if (doubtful == 0) {
      return;
    }
    long guilty = behind == Behind.BROKEN ? doubtful : doubtful - 1;
    doubtful = 0;
    if (guilty == 0) {
      tell(
          1,
          Finding.Kind.BROKEN_LINK,
          "it was not recorded as the machine's first event: those before it were taken away, or it"
              + " was changed");
    } else if (guilty != blamed) {
      tell(
          guilty,
          Finding.Kind.BROKEN_LINK,
          switch (behind) {
            case HOLDS ->
                "the event after it was recorded after another one: this one was changed, put here"
                    + " or moved, or one was taken away behind it";
            case BROKEN ->
                "its link to the event before it is broken, and that of the event after it: it was"
                    + " changed, put here or moved";
            case UNKNOWN ->
                "the event after it was recorded after another one: this one or that one was"
                    + " changed, put here or moved, or one was taken away in between";
          });
      blamed = guilty;
    }
  }

  private void times(long at, JournalEntry entry) {
    JournalEntry last = before;
    if (last == null) {
      return;
    }
    if (entry.stamp().recordedAt().isBefore(last.stamp().recordedAt())) {
      tell(
          at,
          Finding.Kind.TIME_BACKWARDS,
          "it was recorded at %s, before the event before it, %s"
              .formatted(entry.stamp().recordedAt(), last.stamp().recordedAt()));
    }
    if (entry.stamp().watermarkNanos() < last.stamp().watermarkNanos()) {
      tell(
          at,
          Finding.Kind.TIME_BACKWARDS,
          "its watermark is %d ns before that of the event before it"
              .formatted(last.stamp().watermarkNanos() - entry.stamp().watermarkNanos()));
    }
  }

  private void apply(long at, JournalEntry entry) {
    MachineState present = state;
    if (present == null) {
      return;
    }
    try {
      state = present.apply(entry);
    } catch (RuntimeException e) {
      tell(
          at,
          Finding.Kind.UNREADABLE_EVENT,
          "it cannot follow on the events before it: %s".formatted(reason(e)));
      state = null;
    }
  }

  private void seals(long at, EventHash found) {
    for (SealedHead each : sealed.getOrDefault(at, List.of())) {
      compared++;
      if (!each.head().hash().equals(found)) {
        otherHeads++;
        firstOther = firstOther == null ? each : firstOther;
      } else if (firstOther == null) {
        lastGood = each;
      }
    }
  }

  private void compareSnapshot() {
    Optional<EventStore.Stored> stored = snapshot.apply(revision);
    if (stored.isEmpty()) {
      // Somebody has taken it away since it was listed. The events say the same.
      return;
    }
    snapshotsCompared++;
    byte[] bytes = stored.get().payload();
    try {
      MachineState present = state;
      if (!stored.get().manifest().equals(SnapshotCodec.MANIFEST)) {
        wrongSnapshot("it is said to be a '%s'".formatted(stored.get().manifest()));
      } else if (present == null) {
        MachineState taken = SnapshotCodec.decode(bytes);
        if (taken.revision() != revision
            || !taken.machineId().equals(machineId)
            || !Objects.equals(taken.head(), hash)) {
          wrongSnapshot("it is not of this event");
        } else {
          state = taken;
        }
      } else {
        NavigableSet<String> differences = SnapshotCodec.differences(bytes, present);
        if (!differences.isEmpty()) {
          wrongSnapshot("it differs in " + String.join(", ", differences));
        }
      }
    } catch (RuntimeException e) {
      wrongSnapshot("it cannot be read: " + reason(e));
    }
  }

  private void wrongSnapshot(String how) {
    tell(
        revision,
        Finding.Kind.WRONG_SNAPSHOT,
        "the snapshot of this revision is not the state that the events lead to: " + how);
  }

  /** There are no more events. */
  void end() {
    settle(Behind.UNKNOWN);
    tellRewritten();
    Map.Entry<Long, List<SealedHead>> newest = sealed.lastEntry();
    if (newest != null && newest.getKey() > revision) {
      SealedHead seal = newest.getValue().getFirst();
      tell(
          revision + 1,
          Finding.Kind.CUT_TAIL,
          "%s, but %s knows revision %d".formatted(endsAt(), seal.sealed(), newest.getKey()));
    } else if (!snapshots.isEmpty() && snapshots.last() > revision) {
      tell(
          revision + 1,
          Finding.Kind.CUT_TAIL,
          "%s, but there is a snapshot of revision %d".formatted(endsAt(), snapshots.last()));
    } else if (events == 0) {
      tell(
          1, Finding.Kind.MISSING_EVENT, "the fleet has this machine, but there is no event of it");
    }
  }

  private String endsAt() {
    return revision == 0
        ? "there is no event of this machine"
        : "the journal ends at revision " + revision;
  }

  private void tellRewritten() {
    SealedHead other = firstOther;
    if (other == null) {
      return;
    }
    SealedHead good = lastGood;
    tell(
        other.head().revision(),
        Finding.Kind.REWRITTEN,
        "%s knows another event here%s%s"
            .formatted(
                other.sealed(),
                otherHeads > 1
                    ? ", and others are known at %d more places".formatted(otherHeads - 1)
                    : "",
                good == null
                    ? "; no sealed revision before it is as it was sealed"
                    : "; up to revision %d, known to %s, nothing was changed"
                        .formatted(good.head().revision(), good.sealed())));
  }

  long events() {
    return events;
  }

  /** How many sealed heads have been compared. */
  long compared() {
    return compared;
  }

  long snapshotsCompared() {
    return snapshotsCompared;
  }

  long revision() {
    return revision;
  }

  /** Up to which revision the history was forgotten. */
  long forgotten() {
    return forgotten;
  }
}
