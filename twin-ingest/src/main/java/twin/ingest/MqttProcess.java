package twin.ingest;

import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The MQTT source as a process that exactly one node of the cluster runs. It ends when the source
 * has ended, and is then started again on this or another node.
 */
final class MqttProcess {

  private MqttProcess() {}

  /** What the process is told. */
  sealed interface Command {}

  /** End in order: this node gives the source up. */
  record Stop() implements Command {}

  /** The source has ended. */
  private record Ended() implements Command {}

  /**
   * The process.
   *
   * @param start starts the source and completes when it has ended
   * @param stop stops the source in order
   */
  static Behavior<Command> create(
      Supplier<CompletionStage<Done>> start, Supplier<CompletionStage<Done>> stop) {
    return Behaviors.setup(
        context -> {
          context.pipeToSelf(
              start.get(),
              (done, failure) -> {
                if (failure != null) {
                  context.getSystem().log().error("The MQTT source failed", failure);
                }
                return new Ended();
              });
          return Behaviors.receive(Command.class)
              .onMessage(
                  Stop.class,
                  message -> {
                    context.pipeToSelf(stop.get(), (done, failure) -> new Ended());
                    return Behaviors.same();
                  })
              .onMessage(Ended.class, message -> Behaviors.stopped())
              .onSignal(
                  PostStop.class,
                  signal -> {
                    // For the case that this actor ends in another way; otherwise nothing is left.
                    stop.get()
                        .whenComplete(
                            (done, failure) ->
                                context
                                    .getSystem()
                                    .log()
                                    .debug("The MQTT source has ended with its process", failure));
                    return Behaviors.same();
                  })
              .build();
        });
  }
}
