package twin.http;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.testkit.query.javadsl.PersistenceTestKitReadJournal;
import org.apache.pekko.stream.javadsl.Sink;
import twin.core.machine.JournalEntry;
import twin.core.store.EventStore;

/** What twins have written to the journal of Pekko's test kit, which is in memory. */
final class TestJournal implements EventStore {

  private final ActorSystem<?> system;
  private final PersistenceTestKitReadJournal journal;

  TestJournal(ActorSystem<?> system) {
    this.system = system;
    this.journal =
        PersistenceQuery.get(system)
            .getReadJournalFor(
                PersistenceTestKitReadJournal.class, PersistenceTestKitReadJournal.Identifier());
  }

  @Override
  public CompletionStage<List<Stored>> events(
      String persistenceId, long first, long last, int most) {
    return journal
        .currentEventsByPersistenceId(persistenceId, first, last)
        .take(most)
        .map(
            event -> {
              JournalEntry entry = (JournalEntry) event.event();
              return new Stored(event.sequenceNr(), entry.manifest(), entry.encoded());
            })
        .runWith(Sink.seq(), system);
  }

  /** None: every state is worked out from the beginning. */
  @Override
  public CompletionStage<Optional<Stored>> snapshot(String persistenceId, long revision) {
    return CompletableFuture.completedFuture(Optional.empty());
  }
}
