package twin.app.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.pattern.Patterns;
import org.jspecify.annotations.Nullable;
import twin.core.machine.MachineTwin;
import twin.core.machine.Status;
import twin.core.store.FleetQuery;
import twin.core.store.ReadLag;

/**
 * What has to be asked for, and so is asked for now and then rather than when somebody scrapes: the
 * shards and twins of this node, how far the read side is behind, and the fleet by status. What was
 * not answered is NaN until it is. Ends with the actor system.
 */
public final class Samples {

  private final ActorRef region;
  private final Supplier<CompletionStage<ReadLag>> lag;
  private final Supplier<CompletionStage<List<FleetQuery.Count>>> statuses;
  private final Duration every;
  private final Counter shardsIn;
  private final Counter shardsOut;
  private volatile @Nullable Map<String, Integer> twinsByShard;
  private volatile @Nullable ReadLag readLag;
  private volatile @Nullable Map<String, Long> machinesByStatus;

  /** The shards that were here when that was last known. */
  private Set<String> shardsBefore = Set.of();

  private Samples(
      ActorSystem<?> system,
      Supplier<CompletionStage<ReadLag>> lag,
      Supplier<CompletionStage<List<FleetQuery.Count>>> statuses,
      Duration every,
      MeterRegistry registry) {
    this.region = ClusterSharding.get(system).shardRegion(MachineTwin.TYPE_KEY.name());
    this.lag = lag;
    this.statuses = statuses;
    this.every = every;
    this.shardsIn = moves("in", registry);
    this.shardsOut = moves("out", registry);
  }

  /**
   * Begins.
   *
   * @param system with the twins' sharding started
   * @param lag asks the read side
   * @param statuses asks how many machines of the whole fleet have each status
   */
  public static void start(
      ActorSystem<?> system,
      Supplier<CompletionStage<ReadLag>> lag,
      Supplier<CompletionStage<List<FleetQuery.Count>>> statuses,
      Duration every,
      MeterRegistry registry) {
    Samples samples = new Samples(system, lag, statuses, every, registry);
    samples.register(registry);
    system
        .scheduler()
        .scheduleWithFixedDelay(Duration.ZERO, every, samples::take, system.executionContext());
  }

  private static Counter moves(String direction, MeterRegistry registry) {
    return Counter.builder("twin.shard.moves")
        .description("Shards of twins that came to this node or left it")
        .tag("direction", direction)
        .register(registry);
  }

  private void register(MeterRegistry registry) {
    for (Status status : Status.values()) {
      Gauge.builder("twin.machines", () -> machines(status))
          .description("Machines of the whole fleet by status, the same on each node")
          .tag("status", status.label())
          .strongReference(true)
          .register(registry);
    }
    Gauge.builder("twin.shards", () -> ofShards(Map::size))
        .description("Shards of twins on this node")
        .strongReference(true)
        .register(registry);
    Gauge.builder("twin.machines.active", () -> ofShards(Samples::sum))
        .description("Twins in this node's memory")
        .strongReference(true)
        .register(registry);
    seconds(
        "twin.read.side.behind",
        "The longest time that a slice of this node has had unread events",
        ReadLag::drainedAgo,
        registry);
    seconds(
        "twin.read.side.newest.age",
        "Age of the newest event that the read side may read",
        ReadLag::newestAge,
        registry);
    seconds(
        "twin.database.oldest.transaction",
        "How long the server's oldest writing transaction, which holds the read side back, is open",
        each -> Optional.of(each.oldestOpenFor()),
        registry);
    Gauge.builder("twin.database.open.transactions", () -> ofLag(ReadLag::openTransactions))
        .description("Transaction numbers between the oldest open transaction and the next")
        .strongReference(true)
        .register(registry);
  }

  private void seconds(
      String name,
      String description,
      Function<ReadLag, Optional<Duration>> member,
      MeterRegistry registry) {
    TimeGauge.builder(
            name,
            () ->
                ofLag(
                    each ->
                        member
                            .apply(each)
                            .map(Duration::toMillis)
                            .map(Long::doubleValue)
                            .orElse(Double.NaN)),
            TimeUnit.MILLISECONDS)
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  private static Map<String, Long> byStatus(List<FleetQuery.Count> counts) {
    Map<String, Long> byStatus = new HashMap<>();
    for (FleetQuery.Count count : counts) {
      String status = count.value();
      if (status != null) {
        byStatus.put(status, count.machines());
      }
    }
    return byStatus;
  }

  private double machines(Status status) {
    Map<String, Long> known = machinesByStatus;
    return known == null ? Double.NaN : known.getOrDefault(status.label(), 0L);
  }

  private double ofShards(ToDoubleFunction<Map<String, Integer>> member) {
    Map<String, Integer> known = twinsByShard;
    return known == null ? Double.NaN : member.applyAsDouble(known);
  }

  private static double sum(Map<String, Integer> twins) {
    return twins.values().stream().mapToInt(Integer::intValue).sum();
  }

  private double ofLag(ToDoubleFunction<ReadLag> member) {
    ReadLag known = readLag;
    return known == null ? Double.NaN : member.applyAsDouble(known);
  }

  private void take() {
    Patterns.ask(region, ShardRegion.getRegionStatsInstance(), every)
        .whenComplete(
            (stats, failure) -> shards(stats instanceof ShardRegion.ShardRegionStats s ? s : null));
    lag.get().whenComplete((now, failure) -> readLag = now);
    statuses
        .get()
        .whenComplete(
            (counts, failure) -> machinesByStatus = failure == null ? byStatus(counts) : null);
  }

  /** Asks follow each other, so that only one thread at a time is here. */
  private synchronized void shards(ShardRegion.@Nullable ShardRegionStats stats) {
    if (stats == null) {
      twinsByShard = null;
      return;
    }
    Map<String, Integer> now = new HashMap<>();
    stats.getStats().forEach((shard, twins) -> now.put(shard, ((Number) twins).intValue()));
    shardsIn.increment(without(now.keySet(), shardsBefore));
    shardsOut.increment(without(shardsBefore, now.keySet()));
    shardsBefore = Set.copyOf(now.keySet());
    twinsByShard = Map.copyOf(now);
  }

  private static double without(Set<String> some, Set<String> others) {
    return some.stream().filter(each -> !others.contains(each)).count();
  }
}
