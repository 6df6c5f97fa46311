package twin.app.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/** The cluster as this node sees it, looked at whenever somebody scrapes. */
public final class ClusterGauges {

  private static final List<MemberStatus> STATUSES =
      List.of(
          MemberStatus.joining(),
          MemberStatus.weaklyUp(),
          MemberStatus.up(),
          MemberStatus.leaving(),
          MemberStatus.exiting(),
          MemberStatus.down());

  private ClusterGauges() {}

  /** Registers them. */
  public static void register(ActorSystem<?> system, MeterRegistry registry) {
    Cluster cluster = Cluster.get(system);
    for (MemberStatus status : STATUSES) {
      Gauge.builder("twin.cluster.members", cluster, each -> members(each, status))
          .description("Members of the cluster by their status, as this node sees it")
          .tag("status", status.toString().toLowerCase(Locale.ROOT))
          .strongReference(true)
          .register(registry);
    }
    Gauge.builder("twin.cluster.unreachable", cluster, each -> each.state().getUnreachable().size())
        .description("Members that this node, or one that it trusts, cannot reach")
        .strongReference(true)
        .register(registry);
  }

  private static double members(Cluster cluster, MemberStatus status) {
    return StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
        .filter(member -> member.status().equals(status))
        .count();
  }
}
