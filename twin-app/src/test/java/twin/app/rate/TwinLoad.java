package twin.app.rate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineTwin;

/**
 * The twins asked directly: for each machine some commands are on their way, and each reply sends
 * the next. Counted are the readings that the twins say are durable.
 */
final class TwinLoad implements Load {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final ClusterSharding sharding;
  private final List<Machine> machines = new ArrayList<>();
  private final int readingsACommand;
  private final int commandsAMachine;
  private final LongAdder readings = new LongAdder();
  private final LongAdder events = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final Phaser asking = new Phaser(1);
  private volatile boolean running;

  TwinLoad(ActorSystem<?> system, int machineCount, int inFlight, int readingsACommand) {
    this.sharding = ClusterSharding.get(system);
    this.readingsACommand = readingsACommand;
    this.commandsAMachine = Math.max(1, inFlight / machineCount);
    for (int i = 0; i < machineCount; i++) {
      machines.add(new Machine("direct-%d-%d".formatted(readingsACommand, i), i));
    }
  }

  @Override
  public String name() {
    return "direct, %d a command".formatted(readingsACommand);
  }

  @Override
  public void start() {
    running = true;
    for (Machine machine : machines) {
      for (int i = 0; i < commandsAMachine; i++) {
        asking.register();
        ask(machine);
      }
    }
  }

  private void ask(Machine machine) {
    EntityRef<MachineCommand> twin = sharding.entityRefFor(MachineTwin.TYPE_KEY, machine.id());
    CompletionStage<MachineReply.Recorded> answer;
    // Two commands of one machine must go out in the order of their readings.
    synchronized (machine) {
      var next = machine.next(readingsACommand);
      answer =
          twin.ask(
              replyTo -> new MachineCommand.RecordReadings(next, "rate", null, replyTo), TIMEOUT);
    }
    answer.whenComplete(
        (recorded, failure) -> {
          if (failure == null) {
            count(recorded);
          } else {
            failures.increment();
          }
          if (running) {
            ask(machine);
          } else {
            asking.arriveAndDeregister();
          }
        });
  }

  private void count(MachineReply.Recorded recorded) {
    events.increment();
    for (MachineReply.Outcome outcome : recorded.outcomes()) {
      switch (outcome.result()) {
        case RECORDED, LATE -> readings.increment();
        case DUPLICATE, REJECTED -> failures.increment();
      }
    }
  }

  @Override
  public Durable durable() {
    return new Durable(readings.sum(), events.sum());
  }

  @Override
  public void stop() {
    running = false;
    asking.arriveAndAwaitAdvance();
    if (failures.sum() > 0) {
      throw new IllegalStateException(failures.sum() + " readings or commands were not recorded");
    }
  }
}
