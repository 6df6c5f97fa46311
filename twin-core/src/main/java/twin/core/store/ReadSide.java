package twin.core.store;

import java.util.List;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.projection.Projection;
import org.apache.pekko.projection.ProjectionBehavior;
import org.apache.pekko.projection.ProjectionId;
import org.apache.pekko.projection.javadsl.Handler;
import org.apache.pekko.projection.jdbc.javadsl.JdbcHandler;
import org.apache.pekko.projection.jdbc.javadsl.JdbcProjection;

/**
 * Runs projections over the coarse events: each slice on exactly one node of the cluster, and
 * elsewhere when that node is gone. Thread-safe; projections stop with the actor system.
 */
public final class ReadSide {
  private static final double RESTART_JITTER = 0.2;

  private final Database database;
  private final CoarseEvents events;
  private final ReadSideSettings settings;
  private final ActorSystem<?> system;

  /** Starts nothing yet. */
  public ReadSide(
      Database database, CoarseEvents events, ReadSideSettings settings, ActorSystem<?> system) {
    this.database = database;
    this.events = events;
    this.settings = settings;
    this.system = system;
  }

  /**
   * Runs a projection that keeps tables of this database. The name identifies its offsets for ever;
   * a handler is made for each slice and each start of it.
   */
  public void keepTables(String name, Supplier<CoarseEventHandler> handlers) {
    run(name, slice -> tables(name, slice, handlers));
  }

  /**
   * Runs a projection whose effects are outside the database, such as messages. Each event is
   * handled at least once: an offset is stored after its group, so a restart repeats some.
   */
  public void publish(String name, Supplier<Handler<CoarseEvent>> handlers) {
    run(name, slice -> publications(name, slice, handlers));
  }

  private void run(String name, SliceProjection projections) {
    ShardedDaemonProcess.get(system)
        .init(
            ProjectionBehavior.Command.class,
            name,
            settings.slices(),
            slice -> ProjectionBehavior.create(projections.of(slice)),
            ProjectionBehavior.stopMessage());
  }

  /** The projection that has one slice. */
  private interface SliceProjection {
    Projection<CoarseEvent> of(int slice);
  }

  Projection<CoarseEvent> tables(String name, int slice, Supplier<CoarseEventHandler> handlers) {
    return JdbcProjection.groupedWithin(
            id(name, slice),
            events.slice(slice, settings.slices()),
            () -> new ConnectionSession(database),
            () -> new Group(handlers.get()),
            system)
        .withGroup(settings.groupSize(), settings.groupWithin())
        .withRestartBackoff(
            settings.restartBackoffMin(), settings.restartBackoffMax(), RESTART_JITTER);
  }

  Projection<CoarseEvent> publications(
      String name, int slice, Supplier<Handler<CoarseEvent>> handlers) {
    return JdbcProjection.atLeastOnceAsync(
            id(name, slice),
            events.slice(slice, settings.slices()),
            () -> new ConnectionSession(database),
            handlers,
            system)
        .withSaveOffset(settings.groupSize(), settings.groupWithin())
        .withRestartBackoff(
            settings.restartBackoffMin(), settings.restartBackoffMax(), RESTART_JITTER);
  }

  /** Another number of slices deals the machines out anew, so its offsets are others. */
  private ProjectionId id(String name, int slice) {
    return ProjectionId.of(name, slice + "-of-" + settings.slices());
  }

  /** Handles a group of events in the one transaction that also stores their offset. */
  private static final class Group extends JdbcHandler<List<CoarseEvent>, ConnectionSession> {
    private final CoarseEventHandler handler;

    Group(CoarseEventHandler handler) {
      this.handler = handler;
    }

    @Override
    public void process(ConnectionSession session, List<CoarseEvent> group) {
      Transaction transaction = session.transaction();
      for (CoarseEvent event : group) {
        handler.handle(transaction, event);
      }
    }
  }
}
