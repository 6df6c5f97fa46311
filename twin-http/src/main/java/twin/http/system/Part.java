package twin.http.system;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import twin.core.store.Database;

/**
 * A part of the program that must be ready before the program is.
 *
 * @param name its name in {@code /ready}
 * @param trouble says what is wrong with it, or nothing when it is ready; a failure counts as wrong
 */
public record Part(String name, Supplier<CompletionStage<Optional<String>>> trouble) {

  /** The database, which is ready when it answers. */
  public static Part database(Database database) {
    return new Part(
        "database",
        () ->
            database
                .answers()
                .thenApply(
                    answers ->
                        answers
                            ? Optional.empty()
                            : Optional.of("The database answers, but not what it should.")));
  }

  /** The cluster, which is ready when this node is a full member of it. */
  public static Part cluster(ActorSystem<?> system) {
    return new Part(
        "cluster",
        () -> {
          MemberStatus status = Cluster.get(system).selfMember().status();
          return CompletableFuture.completedFuture(
              status.equals(MemberStatus.up())
                  ? Optional.empty()
                  : Optional.of("This node is %s in the cluster.".formatted(status)));
        });
  }
}
