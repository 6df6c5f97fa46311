package twin.ingest;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineTwin;
import twin.core.machine.PendingAsks;
import twin.core.reading.SubmittedReading;

/** The twins of the cluster, each asked on whichever node it is. Thread-safe. */
public final class ShardedTwins implements Twins {

  private final ClusterSharding sharding;
  private final Duration timeout;
  private final PendingAsks asks;

  /** Asks the twins of this system's cluster; their sharding must have been started. */
  public ShardedTwins(ActorSystem<?> system, IngestSettings.Ask settings) {
    this.sharding = ClusterSharding.get(system);
    this.timeout = settings.timeout();
    this.asks = PendingAsks.of(system, "ingest");
  }

  @Override
  public CompletionStage<MachineReply.Recorded> record(
      String machineId,
      List<SubmittedReading> readings,
      String source,
      @Nullable String queue,
      @Nullable String trace) {
    return asks.await(
        sharding
            .entityRefFor(MachineTwin.TYPE_KEY, machineId)
            .ask(
                replyTo ->
                    new MachineCommand.RecordReadings(readings, source, queue, trace, replyTo),
                timeout));
  }
}
