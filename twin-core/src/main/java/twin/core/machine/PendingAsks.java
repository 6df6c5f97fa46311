package twin.core.machine;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Questions to twins that have no answer yet. When a node has died they fail at once, since each
 * may have died with it: whoever asked can ask again where the twin is now, instead of waiting for
 * an answer that does not come. Thread-safe.
 */
public final class PendingAsks {

  /** Until this node's sharding has noticed too; a question before that goes to the dead node. */
  private static final Duration NOTICED_WITHIN = Duration.ofMillis(250);

  /** A node has died while its answer, or another node's, was awaited. */
  public static final class NodeDied extends TimeoutException {
    private static final long serialVersionUID = 1L;

    private NodeDied() {
      super("A node has died that may have had the question");
    }
  }

  private final Map<Long, CompletableFuture<?>> pending = new ConcurrentHashMap<>();
  private final AtomicLong number = new AtomicLong();

  PendingAsks() {}

  /**
   * Those of one part of this node.
   *
   * @param name of the part, once in the system
   */
  public static PendingAsks of(ActorSystem<?> system, String name) {
    PendingAsks asks = new PendingAsks();
    ActorRef<ClusterEvent.MemberRemoved> listener =
        system.systemActorOf(asks.listening(), "pending-asks-" + name, Props.empty());
    Cluster.get(system)
        .subscriptions()
        .tell(Subscribe.create(listener, ClusterEvent.MemberRemoved.class));
    return asks;
  }

  private Behavior<ClusterEvent.MemberRemoved> listening() {
    return Behaviors.setup(
        context ->
            Behaviors.receiveMessage(
                removed -> {
                  // One that leaves in order hands its twins over, and questions with them.
                  if (removed.previousStatus().equals(MemberStatus.down())) {
                    context
                        .getSystem()
                        .scheduler()
                        .scheduleOnce(
                            NOTICED_WITHIN, this::nodeDied, context.getExecutionContext());
                  }
                  return Behaviors.same();
                }));
  }

  /**
   * Takes note of a question.
   *
   * @param asked its answer
   * @return the same answer; fails with {@link NodeDied} when a node dies before it comes
   */
  public <T> CompletionStage<T> await(CompletionStage<T> asked) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    long key = number.incrementAndGet();
    pending.put(key, answer);
    asked.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            answer.complete(value);
          } else {
            answer.completeExceptionally(failure);
          }
        });
    var unused = answer.whenComplete((value, failure) -> pending.remove(key));
    return answer;
  }

  void nodeDied() {
    pending.values().forEach(answer -> answer.completeExceptionally(new NodeDied()));
  }

  int count() {
    return pending.size();
  }
}
