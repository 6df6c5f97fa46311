package twin.core.history;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.ToLongFunction;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.EventCodec;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.machine.SnapshotCodec;
import twin.core.reading.Placement;
import twin.core.reading.Times;
import twin.core.store.EventStore;
import twin.core.type.MachineTypes;

/**
 * The journal of single machines, and the states that it leads to.
 *
 * <p>In every event stand the watermark and when it was recorded. Neither ever decreases within a
 * machine, so the place of a moment is found by bisection, in some twenty looks at a million
 * events. Safe for use by many threads.
 */
public final class MachineJournal {

  /** The threads for work on the past. */
  private static final String DISPATCHER = "twin.history-dispatcher";

  /** Events that are read from the store at a time. */
  private static final int PAGE = 400;

  private final ActorSystem<?> system;
  private final EventStore store;
  private final Duration timeout;

  /**
   * Looks at nothing yet.
   *
   * @param timeout how long a past state may take to be worked out
   */
  public MachineJournal(ActorSystem<?> system, EventStore store, Duration timeout) {
    this.system = system;
    this.store = store;
    this.timeout = timeout;
  }

  /**
   * An event and the machine's revision after it.
   *
   * @param revision number of the event among the machine's events, from 1 on
   */
  public record Recorded(long revision, JournalEntry entry) {}

  /** The events that are there now, in order, both ends included. */
  public Source<Recorded, NotUsed> events(String machineId, long first, long last) {
    return Source.unfoldAsync(first, next -> page(machineId, next, last))
        .mapConcat(page -> page)
        .map(
            event ->
                new Recorded(
                    event.revision(), EventCodec.decode(event.manifest(), event.payload())));
  }

  private CompletionStage<Optional<Pair<Long, List<EventStore.Stored>>>> page(
      String machineId, long first, long last) {
    if (first > last) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    int most = (int) Math.min(PAGE, last - first + 1);
    return store
        .events(MachineTwin.persistenceId(machineId).id(), first, last, most)
        .thenApply(
            page ->
                page.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                        Pair.create(
                            page.size() < most ? Long.MAX_VALUE : page.getLast().revision() + 1,
                            page)));
  }

  /** An event, if the journal has it. */
  public CompletionStage<Optional<JournalEntry>> event(String machineId, long revision) {
    return events(machineId, revision, revision)
        .runWith(Sink.headOption(), system)
        .thenApply(found -> found.map(Recorded::entry));
  }

  /**
   * The state after an event; before any for 0. It comes about as a twin's does when it wakes: from
   * the snapshot before and the events since, but only that far.
   *
   * @return fails with a {@link java.util.concurrent.TimeoutException} when it takes too long, and
   *     with a {@link MissingEventException} when an event on the way is not there
   */
  public CompletionStage<MachineState> state(String machineId, long revision) {
    if (revision == 0) {
      return CompletableFuture.completedFuture(MachineState.empty(machineId));
    }
    return store
        .snapshot(MachineTwin.persistenceId(machineId).id(), revision)
        .thenCompose(
            snapshot -> {
              MachineState before =
                  snapshot
                      .map(found -> SnapshotCodec.decode(found.payload()))
                      .orElseGet(() -> MachineState.empty(machineId));
              return events(machineId, before.revision() + 1, revision)
                  .completionTimeout(timeout)
                  .runFold(before, MachineJournal::next, system);
            })
        .thenApply(
            state -> {
              if (state.revision() < revision) {
                throw new MissingEventException(machineId, state.revision() + 1);
              }
              return state;
            });
  }

  private static MachineState next(MachineState state, Recorded event) {
    if (event.revision() != state.revision() + 1) {
      throw new MissingEventException(state.machineId(), state.revision() + 1);
    }
    return state.apply(event.entry());
  }

  /**
   * The state after an event or, where history no longer reaches back so far, the one before the
   * oldest event that there is.
   */
  public CompletionStage<MachineState> stateOrOldest(String machineId, long revision) {
    return store
        .events(MachineTwin.persistenceId(machineId).id(), revision + 1, Long.MAX_VALUE, 1)
        .thenCompose(
            next -> state(machineId, next.isEmpty() ? revision : next.getFirst().revision() - 1));
  }

  /**
   * The machine as it was at a moment of its own time: with all that was recorded until its
   * watermark went beyond that moment. Of readings that were recorded together, those up to the
   * moment count.
   *
   * @param now the state that it has come to
   */
  public CompletionStage<MachineState> stateAt(MachineState now, Instant moment) {
    String machineId = now.machineId();
    return firstReaching(now, moment.plusNanos(1))
        .thenCompose(
            beyond ->
                state(machineId, beyond - 1)
                    .thenCompose(
                        before ->
                            beyond > now.revision()
                                ? CompletableFuture.completedFuture(before)
                                : event(machineId, beyond)
                                    .thenApply(entry -> upTo(before, entry, moment))));
  }

  private static MachineState upTo(
      MachineState before, Optional<JournalEntry> entry, Instant moment) {
    JournalEntry next =
        entry.orElseThrow(
            () -> new MissingEventException(before.machineId(), before.revision() + 1));
    if (!(next.event() instanceof MachineEvent.ReadingsRecorded recorded)) {
      return before;
    }
    int count = 0;
    while (count < recorded.readings().size()
        && (recorded.readings().get(count).placement() != Placement.IN_ORDER
            || !recorded.readings().get(count).reading().timestamp().isAfter(moment))) {
      count++;
    }
    return count == 0 ? before : before.apply(next.withReadings(count));
  }

  /** The machine as its twin knew it at a moment of the node's clock. */
  public CompletionStage<MachineState> stateKnownAt(MachineState now, Instant moment) {
    long millis = moment.toEpochMilli();
    return first(
            now,
            entry -> entry.stamp().recordedAt().toEpochMilli(),
            millis == Long.MAX_VALUE ? millis : millis + 1)
        .thenCompose(beyond -> state(now.machineId(), beyond - 1));
  }

  /**
   * Computes again what was concluded from some events, and compares.
   *
   * @param first the first of them, from 1 on
   * @param last the last, or further
   * @param progress is told of each event, and ends the replay when it is cancelled
   */
  public CompletionStage<AuditReplay.Report> audit(
      String machineId, long first, long last, Models models, Progress progress) {
    return snapshots(machineId, first, last)
        .thenCombine(
            before(machineId, first),
            (kept, before) ->
                follow(
                    machineId,
                    before.revision() + 1,
                    last,
                    progress,
                    new AuditReplay(before, models),
                    (replay, event) ->
                        replay.add(
                            event.revision(),
                            event.entry(),
                            kept.contains(event.revision())
                                ? snapshot(machineId, event.revision())
                                : null)))
        .thenCompose(replay -> replay)
        .thenApply(AuditReplay::report);
  }

  /** The state before the first event that is wanted, or before the oldest that is there. */
  private CompletionStage<MachineState> before(String machineId, long first) {
    return stateOrOldest(machineId, first - 1)
        .exceptionallyCompose(
            failure ->
                // Not forgotten in order: the replay begins where it was wanted, and tells.
                causeOf(failure) instanceof MissingEventException
                    ? state(machineId, first - 1)
                    : CompletableFuture.failedStage(failure));
  }

  private static Throwable causeOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  /** The revisions of which there are snapshots. */
  private CompletionStage<Set<Long>> snapshots(String machineId, long first, long last) {
    String id = MachineTwin.persistenceId(machineId).id();
    return Source.unfoldAsync(
            last,
            at ->
                at < first
                    ? CompletableFuture.completedFuture(Optional.<Pair<Long, Long>>empty())
                    : store
                        .snapshot(id, at)
                        .thenApply(
                            found ->
                                found
                                    .filter(kept -> kept.revision() >= first)
                                    .map(
                                        kept -> Pair.create(kept.revision() - 1, kept.revision()))))
        .runWith(Sink.seq(), system)
        .thenApply(Set::copyOf);
  }

  private byte @Nullable [] snapshot(String machineId, long revision) {
    return store
        .snapshot(MachineTwin.persistenceId(machineId).id(), revision)
        .toCompletableFuture()
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .join()
        .filter(kept -> kept.revision() == revision)
        .map(EventStore.Stored::payload)
        .orElse(null);
  }

  /**
   * Asks what another model would have said of the readings in some events.
   *
   * @param first the first of them, from 1 on
   * @param last the last, or further
   * @param types for machines that do not know their own type yet
   * @param points how many opinions are kept at most
   * @param progress is told of each event, and ends it when it is cancelled
   */
  public CompletionStage<WhatIf.Report> whatIf(
      String machineId,
      long first,
      long last,
      ModelSession candidate,
      MachineTypes types,
      int points,
      Progress progress) {
    return state(machineId, first - 1)
        .thenCompose(
            before ->
                follow(
                    machineId,
                    first,
                    last,
                    progress,
                    new WhatIf(before, candidate, types, points, system.ignoreRef()),
                    (replay, event) -> replay.add(event.entry())))
        .thenApply(WhatIf::report);
  }

  /** Gives events one after another to somebody, apart from the threads of live twins. */
  private <T> CompletionStage<T> follow(
      String machineId,
      long first,
      long last,
      Progress progress,
      T replay,
      BiConsumer<T, Recorded> add) {
    return events(machineId, first, last)
        .takeWhile(event -> progress.goesOn())
        .async()
        .map(
            event -> {
              add.accept(replay, event);
              progress.reached(event.revision());
              return event;
            })
        .withAttributes(ActorAttributes.dispatcher(DISPATCHER))
        .runWith(Sink.ignore(), system)
        .thenApply(done -> replay);
  }

  /** Revision of the first event whose watermark has reached a time; past the newest for none. */
  public CompletionStage<Long> firstReaching(MachineState now, Instant time) {
    return first(now, entry -> entry.stamp().watermarkNanos(), Times.toNanos(time));
  }

  private CompletionStage<Long> first(
      MachineState now, ToLongFunction<JournalEntry> clock, long reached) {
    return bisect(now.machineId(), clock, reached, 1, now.revision() + 1);
  }

  private CompletionStage<Long> bisect(
      String machineId, ToLongFunction<JournalEntry> clock, long reached, long low, long high) {
    if (low >= high) {
      return CompletableFuture.completedFuture(low);
    }
    long middle = (low + high) >>> 1;
    return event(machineId, middle)
        .thenApply(
            found ->
                found.isPresent()
                    ? OptionalLong.of(clock.applyAsLong(found.get()))
                    : OptionalLong.empty())
        .thenCompose(
            time ->
                // What the journal no longer has is older than what it has.
                time.isPresent() && time.getAsLong() >= reached
                    ? bisect(machineId, clock, reached, low, middle)
                    : bisect(machineId, clock, reached, middle + 1, high));
  }
}
