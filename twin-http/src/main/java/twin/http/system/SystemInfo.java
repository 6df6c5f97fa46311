package twin.http.system;

import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * What a node is and what it belongs to.
 *
 * @param version version of the program
 * @param node address of this node
 * @param members the cluster as this node sees it
 * @param models the bundles that are loaded, {@code TYPE:VERSION}
 */
public record SystemInfo(String version, String node, List<Member> members, List<String> models) {

  /** A node of the cluster and how it stands, in Pekko's words. */
  public record Member(String address, String status) {}

  public SystemInfo {
    members = List.copyOf(members);
    models = List.copyOf(models);
  }

  /** With what the cluster knows. */
  public static SystemInfo of(ActorSystem<?> system, String version, List<String> models) {
    Cluster cluster = Cluster.get(system);
    List<Member> members =
        StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
            .map(member -> new Member(member.address().toString(), member.status().toString()))
            .toList();
    return new SystemInfo(version, cluster.selfMember().address().toString(), members, models);
  }
}
