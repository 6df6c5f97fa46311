package twin.http.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import twin.core.machine.Definition;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.reading.Times;
import twin.core.type.MachineType;
import twin.http.HttpSettings;
import twin.http.Problem;
import twin.http.ProblemException;

/**
 * What machines have lived through, read from their journal.
 *
 * <p>The watermark in every event never decreases, so the first event of an interval is found by
 * bisection; from there on the journal is read in order. The definition and the model that the
 * positions in readings stand for come from the state just before. Memory is bounded by what is
 * kept, reading by a number of events, and the readers at a time by another. Thread-safe.
 */
final class History {

  private final ActorSystem<?> system;
  private final CurrentEventsByPersistenceIdQuery journal;
  private final HttpSettings settings;
  private final Semaphore readers;

  History(ActorSystem<?> system, CurrentEventsByPersistenceIdQuery journal, HttpSettings settings) {
    this.system = system;
    this.journal = journal;
    this.settings = settings;
    this.readers = new Semaphore(settings.history().concurrentMax());
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
            firstReaching(now, from)
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
    long bound = settings.history().eventsMax();
    if (now.revision() - first < bound) {
      return CompletableFuture.completedFuture(now.revision());
    }
    Definition definition = now.definition();
    Duration lateness = definition == null ? Duration.ZERO : definition.type().latenessBound();
    Instant settled = to.isAfter(Times.LATEST.minus(lateness)) ? Times.LATEST : to.plus(lateness);
    return firstReaching(now, settled)
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

  /** Revision of the first event whose watermark has reached a time; past the newest for none. */
  private CompletionStage<Long> firstReaching(MachineState now, Instant time) {
    return bisect(now.machineId(), Times.toNanos(time), 1, now.revision() + 1);
  }

  private CompletionStage<Long> bisect(String machineId, long nanos, long low, long high) {
    if (low >= high) {
      return CompletableFuture.completedFuture(low);
    }
    long middle = (low + high) >>> 1;
    return watermark(machineId, middle)
        .thenCompose(
            found ->
                found.isPresent() && found.getAsLong() >= nanos
                    ? bisect(machineId, nanos, low, middle)
                    : bisect(machineId, nanos, middle + 1, high));
  }

  /** The watermark of an event; nothing where the journal no longer has it. */
  private CompletionStage<OptionalLong> watermark(String machineId, long revision) {
    return events(machineId, revision, revision)
        .runWith(Sink.headOption(), system)
        .thenApply(
            event ->
                event
                    .map(each -> OptionalLong.of(entry(each).stamp().watermarkNanos()))
                    .orElse(OptionalLong.empty()));
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
   * What can be told from an event of the machine's and the state before it.
   *
   * @param revision an event that the machine has had
   */
  <T> CompletionStage<T> with(
      String machineId, long revision, BiFunction<MachineState, JournalEntry, T> told) {
    return reading(
        () ->
            PastState.at(system, machineId, revision - 1, settings.requestTimeout())
                .thenCompose(
                    before ->
                        events(machineId, revision, revision)
                            .runWith(Sink.headOption(), system)
                            .thenApply(
                                event ->
                                    told.apply(
                                        before, entry(event.orElseThrow(() -> gone(revision)))))));
  }

  private static ProblemException gone(long revision) {
    return Problem.notFound(
            "The journal no longer holds revision %d. Ask for a newer one.".formatted(revision))
        .toException();
  }

  /** Events in order, each with the definition and the model in force after it. */
  private CompletionStage<Source<RecordedEvent, NotUsed>> follow(
      String machineId, long first, long last) {
    return PastState.at(system, machineId, first - 1, settings.requestTimeout())
        .thenApply(
            before ->
                events(machineId, first, last)
                    .statefulMap(
                        () -> namesOf(before),
                        (names, event) -> {
                          RecordedEvent recorded =
                              RecordedEvent.following(names, event.sequenceNr(), entry(event));
                          return Pair.create(recorded.names(), recorded);
                        },
                        names -> Optional.empty()));
  }

  private static RecordedEvent.Names namesOf(MachineState state) {
    Definition definition = state.definition();
    return new RecordedEvent.Names(definition == null ? null : definition.type(), state.model());
  }

  private Source<EventEnvelope, NotUsed> events(String machineId, long first, long last) {
    return journal.currentEventsByPersistenceId(
        MachineTwin.persistenceId(machineId).id(), first, last);
  }

  private static JournalEntry entry(EventEnvelope envelope) {
    return (JournalEntry) envelope.event();
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
