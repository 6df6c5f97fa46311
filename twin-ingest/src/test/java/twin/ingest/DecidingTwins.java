package twin.ingest;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Models;
import twin.core.machine.AssessedReading;
import twin.core.machine.DecisionContext;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineTypes;

/** Twins that decide as the real ones do, with a journal in memory. */
final class DecidingTwins implements Twins {

  private final MachineTypes types;
  private final Instant now;
  private final ActorRef<MachineReply.Recorded> nobody;
  private final Map<String, Twin> twins = new ConcurrentHashMap<>();

  private static final class Twin {
    private final List<JournalEntry> journal = new ArrayList<>();
    private MachineState state;

    Twin(String machineId) {
      state = MachineState.empty(machineId);
    }
  }

  DecidingTwins(MachineTypes types, Instant now, ActorRef<MachineReply.Recorded> nobody) {
    this.types = types;
    this.now = now;
    this.nobody = nobody;
  }

  @Override
  public CompletionStage<MachineReply.Recorded> record(
      String machineId,
      List<SubmittedReading> readings,
      String source,
      @Nullable String queue,
      @Nullable String trace) {
    Twin twin = twins.computeIfAbsent(machineId, Twin::new);
    synchronized (twin) {
      MachineDecisions.Decided decided =
          MachineDecisions.decide(
              twin.state,
              new MachineCommand.RecordReadings(readings, source, queue, nobody),
              new DecisionContext(now, types, Models.none(), DecisionContext.Admission.OPEN));
      for (JournalEntry entry : decided.events()) {
        twin.state = twin.state.apply(entry);
        twin.journal.add(entry);
      }
      return CompletableFuture.completedStage(
          ((MachineDecisions.Reply.ToSource) decided.reply()).message());
    }
  }

  /** The readings in a machine's journal; none where there is no such machine. */
  List<AssessedReading> recorded(String machineId) {
    Twin twin = twins.get(machineId);
    if (twin == null) {
      return List.of();
    }
    synchronized (twin) {
      return twin.journal.stream()
          .map(JournalEntry::event)
          .filter(MachineEvent.ReadingsRecorded.class::isInstance)
          .map(MachineEvent.ReadingsRecorded.class::cast)
          .flatMap(event -> event.readings().stream())
          .toList();
    }
  }
}
