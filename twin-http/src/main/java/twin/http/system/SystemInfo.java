package twin.http.system;

import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent;
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

  private static final String DATA_CENTER_ROLE = "dc-";

  /**
   * A node of the cluster.
   *
   * @param status how it stands, in Pekko's words
   * @param roles what it is for
   * @param reachable whether this node, or another that it hears of, still hears it
   */
  public record Member(String address, String status, List<String> roles, boolean reachable) {
    public Member {
      roles = List.copyOf(roles);
    }
  }

  public SystemInfo {
    members = List.copyOf(members);
    models = List.copyOf(models);
  }

  /** With what the cluster knows. */
  public static SystemInfo of(ActorSystem<?> system, String version, List<String> models) {
    Cluster cluster = Cluster.get(system);
    ClusterEvent.CurrentClusterState state = cluster.state();
    List<Member> members =
        StreamSupport.stream(state.getMembers().spliterator(), false)
            .map(
                member ->
                    new Member(
                        member.address().toString(),
                        member.status().toString(),
                        member.getRoles().stream()
                            .filter(role -> !role.startsWith(DATA_CENTER_ROLE))
                            .sorted()
                            .toList(),
                        !state.getUnreachable().contains(member)))
            .toList();
    return new SystemInfo(version, cluster.selfMember().address().toString(), members, models);
  }
}
