package twin.http.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import twin.core.history.MachineJournal;
import twin.core.machine.Definition;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineState;
import twin.core.reading.Times;
import twin.core.type.MachineType;
import twin.http.HttpSettings;
import twin.http.Problem;
import twin.http.ProblemException;

/**
 * What machines have lived through, read from their journal.
 *
 * <p>The first event of an interval is found by its watermark; from there on the journal is read in
 * order. The definition and the model that the positions in readings stand for come from the state
 * just before. Memory is bounded by what is kept, reading by a number of events, and the readers at
 * a time by another. Thread-safe.
 */
public final class History {

  private final ActorSystem<?> system;
  private final MachineJournal journal;
  private final HttpSettings.HistorySettings settings;
  private final Semaphore readers;
  private final AtomicInteger exports = new AtomicInteger();

  /** Reads nothing yet. */
  public History(
      ActorSystem<?> system, MachineJournal journal, HttpSettings.HistorySettings settings) {
    this.system = system;
    this.journal = journal;
    this.settings = settings;
    this.readers = new Semaphore(settings.concurrentMax());
  }

  /**
   * Some readings.
   *
   * @param firstRevision the first event that was read; 0 when none was
   * @param lastRevision the last event that was read
   * @param taken how many readings there were
   * @param seen the definitions that were in force
   */
  record Readings(
      long firstRevision,
      long lastRevision,
      long taken,
      List<RecordedReading> kept,
      Set<MachineType> seen) {
    Readings {
      seen = Set.copyOf(seen);
    }
  }

  /**
   * A stretch of the journal that holds an interval. Readings that came late are in it wherever
   * they stand up to {@code last}; those that were ahead of the clock are when they were recorded
   * after the watermark had reached the interval.
   *
   * @param first its first event; of one that is too long it is not looked for
   * @param last less than {@code first} when there is nothing
   * @param tooLong whether it has more events than one answer is read from
   */
  record Extent(Instant from, Instant to, long first, long last, boolean tooLong) {

    boolean holds(RecordedReading reading) {
      return !reading.timestamp().isBefore(from) && !reading.timestamp().isAfter(to);
    }
  }

  /**
   * Where an interval is in the journal. That it is too long is found out first, with one look when
   * it reaches to the newest reading.
   */
  CompletionStage<Extent> extent(MachineState now, Instant from, Instant to) {
    return reading(
        () ->
            lastOf(now, to)
                .thenCompose(
                    last ->
                        reachesBack(now, last - settings.eventsMax(), from)
                            .thenCompose(
                                tooLong ->
                                    tooLong
                                        ? CompletableFuture.completedFuture(
                                            new Extent(from, to, last, last, true))
                                        : between(now, from, to, last))));
  }

  /** Where an interval is in the journal, however long it is. */
  CompletionStage<Extent> whole(MachineState now, Instant from, Instant to) {
    return reading(() -> lastOf(now, to).thenCompose(last -> between(now, from, to, last)));
  }

  private CompletionStage<Extent> between(MachineState now, Instant from, Instant to, long last) {
    return journal
        .firstReaching(now, from)
        .thenApply(first -> new Extent(from, to, first, last, false));
  }

  /**
   * The event up to which an interval is read: the first after whose readings no late one of the
   * interval can come within the lateness bound.
   */
  private CompletionStage<Long> lastOf(MachineState now, Instant to) {
    Definition definition = now.definition();
    Duration lateness = definition == null ? Duration.ZERO : definition.type().latenessBound();
    Instant settled = to.isAfter(Times.LATEST.minus(lateness)) ? Times.LATEST : to.plus(lateness);
    Instant watermark = now.watermark();
    return watermark == null || settled.isAfter(watermark)
        ? CompletableFuture.completedFuture(now.revision())
        : journal.firstReaching(now, settled).thenApply(beyond -> Math.min(beyond, now.revision()));
  }

  /** Whether an event and all after it are in or after an interval that begins at a time. */
  private CompletionStage<Boolean> reachesBack(MachineState now, long revision, Instant from) {
    return revision < 1
        ? CompletableFuture.completedFuture(false)
        : journal
            .event(now.machineId(), revision)
            .thenApply(
                found ->
                    found
                        .map(entry -> entry.stamp().watermarkNanos() >= Times.toNanos(from))
                        .orElse(false));
  }

  /**
   * The readings of an interval, thinned.
   *
   * @param features whether their features are worked out again; those without any are left out
   */
  CompletionStage<Readings> interval(
      MachineState now, Extent extent, int points, Set<String> channels, boolean features) {
    Instant watermark = now.watermark();
    Instant end = watermark != null && watermark.isBefore(extent.to()) ? watermark : extent.to();
    ReadingCollector collector =
        new ThinnedReadings(
            points, channels, extent.from(), end.isBefore(extent.from()) ? extent.from() : end);
    return reading(
        () -> collect(now, extent.first(), extent.last(), extent::holds, collector, features));
  }

  /**
   * Readings as they stand in the journal.
   *
   * @param before what is in force before the first
   */
  record Recording(RecordedEvent.Names before, Source<RecordedReading, NotUsed> readings) {}

  /** All readings of an interval, one after the other, in the order of the journal. */
  CompletionStage<Recording> recording(MachineState now, Extent extent, boolean features) {
    requireRoomForAnExport();
    return reading(
        () ->
            journal
                .state(now.machineId(), Math.max(0, extent.first() - 1))
                .thenApply(
                    before ->
                        new Recording(
                            namesOf(before),
                            exported(
                                readings(before, extent.first(), extent.last(), features)
                                    .filter(extent::holds)))));
  }

  /**
   * All events while a machine's watermark was in an interval, one after the other.
   *
   * @param kinds their manifests; empty for all
   */
  CompletionStage<Source<RecordedEvent, NotUsed>> trail(
      MachineState now, Instant from, Instant to, Set<String> kinds) {
    requireRoomForAnExport();
    return reading(
        () ->
            firstFrom(now, from)
                .thenCombine(
                    lastUpTo(now, to),
                    (first, last) ->
                        journal
                            .state(now.machineId(), first - 1)
                            .thenApply(before -> exported(trail(before, first, last, kinds))))
                .thenCompose(trail -> trail));
  }

  private Source<RecordedEvent, NotUsed> trail(
      MachineState before, long first, long last, Set<String> kinds) {
    return last < first
        ? Source.empty()
        : follow(before, first, last)
            .filter(event -> kinds.isEmpty() || kinds.contains(event.entry().manifest()));
  }

  /** From the beginning also what happened before the first reading, which has no time. */
  private CompletionStage<Long> firstFrom(MachineState now, Instant from) {
    return from.isAfter(Times.EARLIEST)
        ? journal.firstReaching(now, from)
        : CompletableFuture.completedFuture(1L);
  }

  private CompletionStage<Long> lastUpTo(MachineState now, Instant to) {
    Instant watermark = now.watermark();
    return watermark == null || !to.isBefore(watermark)
        ? CompletableFuture.completedFuture(now.revision())
        : journal.firstReaching(now, to.plusNanos(1)).thenApply(beyond -> beyond - 1);
  }

  private void requireRoomForAnExport() {
    if (exports.get() >= settings.exportsMax()) {
      throw Problem.unavailable(
              "%d intervals are being read as a whole, which is the most there may be. Ask again later."
                  .formatted(settings.exportsMax()))
          .toException();
    }
  }

  private <T> Source<T, NotUsed> exported(Source<T, NotUsed> whole) {
    return whole.watchTermination(
        (notUsed, done) -> {
          exports.incrementAndGet();
          done.whenComplete((ended, failure) -> exports.decrementAndGet());
          return notUsed;
        });
  }

  /**
   * The newest readings up to a place in the journal, in its order.
   *
   * @param lastRevision the event up to which is read
   * @param beforeIndex of that event only the readings before this position
   * @param most how many are wanted; there may be fewer although older ones exist
   * @param features whether their features are worked out again; those without any are left out
   */
  CompletionStage<Readings> newest(
      MachineState now, long lastRevision, int beforeIndex, int most, boolean features) {
    long last = Math.min(lastRevision, now.revision());
    long first = Math.max(1, last - most + 1);
    return reading(
        () ->
            collect(
                now,
                first,
                last,
                reading -> reading.revision() < lastRevision || reading.index() < beforeIndex,
                new NewestReadings(most),
                features));
  }

  private CompletionStage<Readings> collect(
      MachineState now,
      long first,
      long last,
      Predicate<RecordedReading> wanted,
      ReadingCollector collector,
      boolean features) {
    if (last < first) {
      return CompletableFuture.completedFuture(new Readings(0, last, 0, List.of(), Set.of()));
    }
    return journal
        .state(now.machineId(), first - 1)
        .thenCompose(
            before ->
                readings(before, first, last, features)
                    .filter(wanted::test)
                    .runFold(
                        new LinkedHashSet<MachineType>(),
                        (seen, reading) -> {
                          collector.add(reading);
                          seen.add(reading.type());
                          return seen;
                        },
                        system))
        .thenApply(seen -> new Readings(first, last, collector.taken(), collector.kept(), seen));
  }

  /** The readings of some events, in order; with features only those that had any. */
  private Source<RecordedReading, NotUsed> readings(
      MachineState before, long first, long last, boolean features) {
    if (last < first) {
      return Source.empty();
    }
    return features
        ? journal
            .events(before.machineId(), first, last)
            .statefulMap(
                () -> before,
                (state, event) -> {
                  RecordedEvent recorded =
                      RecordedEvent.following(namesOf(state), event.revision(), event.entry());
                  return Pair.create(state.apply(event.entry()), recorded.featured(state));
                },
                state -> Optional.empty())
            .mapConcat(each -> each)
        : follow(before, first, last).mapConcat(event -> event.readings().toList());
  }

  /** A page of the audit trail: events after a revision, with what their positions stand for. */
  CompletionStage<List<RecordedEvent>> events(MachineState now, long after, int most) {
    long last = Math.min(now.revision(), after > Long.MAX_VALUE - most ? after : after + most);
    if (last <= after) {
      return CompletableFuture.completedFuture(List.of());
    }
    return reading(
        () ->
            journal
                .stateOrOldest(now.machineId(), after)
                .thenCompose(
                    before -> follow(before, after + 1, last).runWith(Sink.seq(), system)));
  }

  /** What the positions in the events after a revision stand for. */
  CompletionStage<RecordedEvent.Names> namesAfter(String machineId, long revision) {
    return reading(() -> journal.stateOrOldest(machineId, revision).thenApply(History::namesOf));
  }

  /**
   * The next events after a revision, none when there are none yet. Nothing either when too many
   * are reading just now: who follows the journal looks again.
   */
  CompletionStage<List<RecordedEvent>> following(
      String machineId, RecordedEvent.Names names, long after, int most) {
    if (!readers.tryAcquire()) {
      return CompletableFuture.completedFuture(List.of());
    }
    return journal
        .events(machineId, after + 1, after + most)
        .statefulMap(() -> names, History::followed, last -> Optional.empty())
        .runWith(Sink.seq(), system)
        .whenComplete((events, failure) -> readers.release());
  }

  /**
   * The state after an event.
   *
   * @throws ProblemException when there is no such event yet
   */
  CompletionStage<MachineState> state(MachineState now, long revision) {
    if (revision > now.revision()) {
      throw Problem.notFound(
              "The machine is at revision %d and has no revision %d yet."
                  .formatted(now.revision(), revision))
          .toException();
    }
    return reading(() -> journal.state(now.machineId(), revision));
  }

  /** The state that a machine was in at a moment of its own time. */
  CompletionStage<MachineState> stateAt(MachineState now, Instant moment) {
    return reading(() -> journal.stateAt(now, moment));
  }

  /** The state that a twin knew of at a moment. */
  CompletionStage<MachineState> stateKnownAt(MachineState now, Instant moment) {
    return reading(() -> journal.stateKnownAt(now, moment));
  }

  /**
   * What can be told from an event of the machine's and the state before it.
   *
   * @param revision an event that the machine has had
   */
  <T> CompletionStage<T> with(
      String machineId, long revision, BiFunction<MachineState, JournalEntry, T> told) {
    return reading(
        () ->
            journal
                .state(machineId, revision - 1)
                .thenCompose(
                    before ->
                        journal
                            .event(machineId, revision)
                            .thenApply(
                                event ->
                                    told.apply(before, event.orElseThrow(() -> gone(revision))))));
  }

  private static ProblemException gone(long revision) {
    return Problem.notFound(
            "The journal no longer holds revision %d. Ask for a newer one.".formatted(revision))
        .toException();
  }

  /** Events in order, each with the definition and the model in force after it. */
  private Source<RecordedEvent, NotUsed> follow(MachineState before, long first, long last) {
    return journal
        .events(before.machineId(), first, last)
        .statefulMap(() -> namesOf(before), History::followed, names -> Optional.empty());
  }

  private static Pair<RecordedEvent.Names, RecordedEvent> followed(
      RecordedEvent.Names names, MachineJournal.Recorded event) {
    RecordedEvent recorded = RecordedEvent.following(names, event.revision(), event.entry());
    return Pair.create(recorded.names(), recorded);
  }

  /** The definition and the model in force in a state. */
  static RecordedEvent.Names namesOf(MachineState state) {
    Definition definition = state.definition();
    return new RecordedEvent.Names(
        definition == null ? null : definition.type(),
        state.model(),
        state.calibration().thresholds());
  }

  /** Reads when not too many are reading already. */
  private <T> CompletionStage<T> reading(Supplier<CompletionStage<T>> work) {
    if (!readers.tryAcquire()) {
      throw Problem.unavailable("Too many callers are reading history just now. Ask again.")
          .toException();
    }
    try {
      return work.get().whenComplete((result, failure) -> readers.release());
    } catch (RuntimeException e) {
      readers.release();
      throw e;
    }
  }
}
