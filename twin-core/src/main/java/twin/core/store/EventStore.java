package twin.core.store;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Where the events and the snapshots of machines stand, as bytes. Implementations are thread-safe.
 */
public interface EventStore {

  /**
   * An event, or a snapshot of the state after one.
   *
   * @param revision number of the event among the machine's events, from 1 on
   * @param manifest the short name of its kind
   * @param payload the serializer's bytes; they are not copied and must not be changed
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody, and copying each is dear.
  record Stored(long revision, String manifest, byte[] payload) {}

  /**
   * Events in order. Fewer than were asked for when the store has no more; one that is missing in
   * between is simply not there, which whoever reads them sees by the revisions.
   *
   * @param first the first revision that is wanted
   * @param last the last one
   * @param most how many are wanted at most
   */
  CompletionStage<List<Stored>> events(String persistenceId, long first, long last, int most);

  /** The newest snapshot that is not newer than a revision. */
  CompletionStage<Optional<Stored>> snapshot(String persistenceId, long revision);
}
