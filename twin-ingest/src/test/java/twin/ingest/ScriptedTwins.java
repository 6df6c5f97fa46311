package twin.ingest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineReply.Outcome;
import twin.core.machine.MachineReply.Result;
import twin.core.reading.SubmittedReading;

/**
 * Twins that do what a test says. A journal of sequence numbers stands in for the real one: a
 * reading with the channel {@code reject} is rejected, a command that holds one with the channel
 * {@code guilty} fails as a whole, and a machine of unknown type is refused by the first reading of
 * a command, as real twins do it.
 */
final class ScriptedTwins implements Twins {

  /** What becomes of a command that has arrived. */
  enum Fate {
    ANSWERED,
    /** It is recorded, and the answer is lost. */
    REPLY_LOST,
    /** It never arrives. */
    COMMAND_LOST,
    /** The asker gives up, and it arrives before the next command that does. */
    ARRIVES_LATE
  }

  /** A command as it was submitted. */
  record Command(String machineId, List<SubmittedReading> readings) {}

  /** Says what becomes of each command, and may hold its answer. */
  interface Script {
    Fate fateOf(Command command);

    default CompletionStage<?> whenAnswered(Command command) {
      return CompletableFuture.completedStage(command);
    }
  }

  private final Script script;
  private final List<Command> commands = new CopyOnWriteArrayList<>();
  private final Map<String, Set<Long>> journal = new HashMap<>();
  private final List<Command> underWay = new ArrayList<>();
  private final Set<String> queues = ConcurrentHashMap.newKeySet();

  ScriptedTwins(Script script) {
    this.script = script;
  }

  static ScriptedTwins answering() {
    return new ScriptedTwins(command -> Fate.ANSWERED);
  }

  @Override
  public CompletionStage<MachineReply.Recorded> record(
      String machineId,
      List<SubmittedReading> readings,
      String source,
      @Nullable String queue,
      @Nullable String trace) {
    Command command = new Command(machineId, List.copyOf(readings));
    commands.add(command);
    if (queue != null) {
      queues.add(queue);
    }
    return switch (script.fateOf(command)) {
      case ANSWERED -> {
        List<Outcome> outcomes = apply(command);
        yield script
            .whenAnswered(command)
            .thenApply(answered -> new MachineReply.Recorded(outcomes));
      }
      case REPLY_LOST -> {
        apply(command);
        yield timedOut();
      }
      case COMMAND_LOST -> timedOut();
      case ARRIVES_LATE -> {
        synchronized (this) {
          underWay.add(command);
        }
        yield timedOut();
      }
    };
  }

  private static CompletionStage<MachineReply.Recorded> timedOut() {
    return CompletableFuture.failedStage(new TimeoutException("scripted"));
  }

  private synchronized List<Outcome> apply(Command command) {
    List<Command> late = List.copyOf(underWay);
    underWay.clear();
    late.forEach(this::applyNow);
    return applyNow(command);
  }

  private List<Outcome> applyNow(Command command) {
    Set<Long> recorded = journal.computeIfAbsent(command.machineId(), id -> new LinkedHashSet<>());
    if (command.readings().stream().anyMatch(reading -> has(reading, "guilty"))) {
      return all(command, new Outcome(Result.REJECTED, 0, 0, Outcome.FAILED, "the twin failed"));
    }
    if (recorded.isEmpty() && "unknown".equals(command.readings().getFirst().machineType())) {
      return all(command, new Outcome(Result.REJECTED, 0, 0, "unknown_type", "unknown"));
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (SubmittedReading reading : command.readings()) {
      if (has(reading, "reject")) {
        outcomes.add(new Outcome(Result.REJECTED, 0, 0, "too_late", "it is too late"));
      } else if (recorded.add(seqOf(reading))) {
        outcomes.add(new Outcome(Result.RECORDED, recorded.size(), 0, "", ""));
      } else {
        outcomes.add(new Outcome(Result.DUPLICATE, 0, 0, "", ""));
      }
    }
    return outcomes;
  }

  private static List<Outcome> all(Command command, Outcome outcome) {
    return command.readings().stream().map(reading -> outcome).toList();
  }

  private static boolean has(SubmittedReading reading, String channel) {
    return reading.numbers().containsKey(channel);
  }

  private static long seqOf(SubmittedReading reading) {
    Long seq = reading.seq();
    return seq == null ? reading.timestamp().toEpochMilli() : seq;
  }

  /** Every command in order of submission. */
  List<Command> commands() {
    return List.copyOf(commands);
  }

  /** The queues that readings came from. */
  Set<String> queues() {
    return Set.copyOf(queues);
  }

  /** Sequence numbers of a machine in the order of the journal. */
  synchronized List<Long> journalOf(String machineId) {
    return List.copyOf(journal.getOrDefault(machineId, Set.of()));
  }
}
