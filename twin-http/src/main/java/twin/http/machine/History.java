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
   * The readings with a time in an interval, thinned. Late ones are found wherever they stand in
   * the journal up to {@link Readings#lastRevision()}; those that were ahead of the clock are found
   * when they were recorded after the watermark had reached the interval.
   */
  CompletionStage<Readings> interval(
      MachineState now, Instant from, Instant to, int points, Set<String> channels) {
    return reading(
        () ->
            journal
                .firstReaching(now, from)
                .thenCompose(
                    first ->
                        lastOf(now, first, to)
                            .thenCompose(
                                last -> interval(now, from, to, points, channels, first, last))));
  }

  private CompletionStage<Readings> interval(
      MachineState now,
      Instant from,
      Instant to,
      int points,
      Set<String> channels,
      long first,
      long last) {
    Instant watermark = now.watermark();
    Instant end = watermark != null && watermark.isBefore(to) ? watermark : to;
    ReadingCollector collector =
        new ThinnedReadings(points, channels, from, end.isBefore(from) ? from : end);
    return collect(
        now,
        first,
        last,
        reading -> !reading.timestamp().isBefore(from) && !reading.timestamp().isAfter(to),
        collector);
  }

  /** The event up to which an interval is read: the newest, as far as the bound allows. */
  private CompletionStage<Long> lastOf(MachineState now, long first, Instant to) {
    long bound = settings.eventsMax();
    if (now.revision() - first < bound) {
      return CompletableFuture.completedFuture(now.revision());
    }
    Definition definition = now.definition();
    Duration lateness = definition == null ? Duration.ZERO : definition.type().latenessBound();
    Instant settled = to.isAfter(Times.LATEST.minus(lateness)) ? Times.LATEST : to.plus(lateness);
    return journal
        .firstReaching(now, settled)
        .thenApply(
            beyond -> {
              if (Math.min(beyond, now.revision()) - first >= bound) {
                throw Problem.badRequest(
                        "The interval holds more than %d events of the machine, the most that one answer"
                                .formatted(bound)
                            + " is read from. Ask for a shorter one.")
                    .toException();
              }
              return first + bound - 1;
            });
  }

  /**
   * The newest readings up to a place in the journal, in its order.
   *
   * @param lastRevision the event up to which is read
   * @param beforeIndex of that event only the readings before this position
   * @param most how many are wanted; there may be fewer although older ones exist
   */
  CompletionStage<Readings> newest(MachineState now, long lastRevision, int beforeIndex, int most) {
    long last = Math.min(lastRevision, now.revision());
    long first = Math.max(1, last - most + 1);
    return reading(
        () ->
            collect(
                now,
                first,
                last,
                reading -> reading.revision() < lastRevision || reading.index() < beforeIndex,
                new NewestReadings(most)));
  }

  private CompletionStage<Readings> collect(
      MachineState now,
      long first,
      long last,
      Predicate<RecordedReading> wanted,
      ReadingCollector collector) {
    if (last < first) {
      return CompletableFuture.completedFuture(new Readings(0, last, 0, List.of(), Set.of()));
    }
    return follow(now.machineId(), first, last)
        .thenCompose(
            followed ->
                followed.runFold(
                    new LinkedHashSet<MachineType>(),
                    (seen, event) -> {
                      event
                          .readings()
                          .filter(wanted)
                          .forEach(
                              reading -> {
                                collector.add(reading);
                                seen.add(reading.type());
                              });
                      return seen;
                    },
                    system))
        .thenApply(seen -> new Readings(first, last, collector.taken(), collector.kept(), seen));
  }

  /** A page of the audit trail: events after a revision, with what their positions stand for. */
  CompletionStage<List<RecordedEvent>> events(MachineState now, long after, int most) {
    long last = Math.min(now.revision(), after > Long.MAX_VALUE - most ? after : after + most);
    if (last <= after) {
      return CompletableFuture.completedFuture(List.of());
    }
    return reading(
        () ->
            follow(now.machineId(), after + 1, last)
                .thenCompose(events -> events.runWith(Sink.seq(), system)));
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
  private CompletionStage<Source<RecordedEvent, NotUsed>> follow(
      String machineId, long first, long last) {
    return journal
        .state(machineId, first - 1)
        .thenApply(
            before ->
                journal
                    .events(machineId, first, last)
                    .statefulMap(
                        () -> namesOf(before),
                        (names, event) -> {
                          RecordedEvent recorded =
                              RecordedEvent.following(names, event.revision(), event.entry());
                          return Pair.create(recorded.names(), recorded);
                        },
                        names -> Optional.empty()));
  }

  private static RecordedEvent.Names namesOf(MachineState state) {
    Definition definition = state.definition();
    return new RecordedEvent.Names(definition == null ? null : definition.type(), state.model());
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
