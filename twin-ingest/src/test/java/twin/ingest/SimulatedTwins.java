package twin.ingest;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
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
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/**
 * Twins in virtual time: what they decide and know is the real thing, and everything between the
 * lanes and their journals goes wrong by chance. Commands and answers get lost or come late, shards
 * move and leave a predecessor behind that still writes, the database goes away.
 */
final class SimulatedTwins implements Twins {

  private static final long ASK_TIMEOUT_MS = 5_000;

  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseString(
              """
              auto {
                learns-channels = true, lateness-bound = 60s, future-bound = 60s, silence = 5m
                commissioning-readings = 120, gate-threshold = 6, alerts = []
              }
              """));

  private static final ActorRef<MachineReply.Recorded> NOBODY =
      TestInbox.<MachineReply.Recorded>create().getRef();

  private final VirtualTime time;
  private final Random random;
  private final Instant start;
  private final Map<String, Twin> twins = new HashMap<>();
  private double lossProbability;
  private boolean databaseAway;

  SimulatedTwins(VirtualTime time, Random random, Instant start) {
    this.time = time;
    this.random = random;
    this.start = start;
  }

  /** From now on this part of all messages to and from twins is lost. */
  void lose(double probability) {
    lossProbability = probability;
  }

  void databaseAway(boolean away) {
    databaseAway = away;
  }

  /** Its shard moves: what waits for it is lost, and what it is persisting may still get there. */
  void move(String machineId) {
    twin(machineId).present = null;
  }

  /** Makes a twin take so much longer for everything. */
  void slowDown(String machineId, long millis) {
    twin(machineId).extraMillis = millis;
  }

  /** Times of the readings in a machine's journal, in its order. */
  List<Instant> journalOf(String machineId) {
    return twin(machineId).journaled;
  }

  boolean has(String machineId, Instant timestamp) {
    return twin(machineId).known.contains(timestamp);
  }

  private Twin twin(String machineId) {
    return twins.computeIfAbsent(machineId, Twin::new);
  }

  @Override
  public CompletionStage<MachineReply.Recorded> record(
      String machineId,
      List<SubmittedReading> readings,
      String source,
      @Nullable String queue,
      @Nullable String trace) {
    CompletableFuture<MachineReply.Recorded> answer = new CompletableFuture<>();
    time.after(
        ASK_TIMEOUT_MS, () -> answer.completeExceptionally(new TimeoutException("simulated")));
    if (random.nextDouble() >= lossProbability) {
      MachineCommand.RecordReadings command =
          new MachineCommand.RecordReadings(readings, source, queue, NOBODY);
      time.after(1 + random.nextInt(20), () -> twin(machineId).receive(command, answer));
    }
    return answer;
  }

  private record Waiting(
      MachineCommand.RecordReadings command, CompletableFuture<MachineReply.Recorded> answer) {}

  /** A machine: its journal, which stays, and who serves it at present. */
  private final class Twin {

    private final String machineId;
    private final List<JournalEntry> journal = new ArrayList<>();
    private final List<Instant> journaled = new ArrayList<>();
    private final Set<Instant> known = new HashSet<>();
    private @Nullable Incarnation present;
    private long extraMillis;

    Twin(String machineId) {
      this.machineId = machineId;
    }

    void receive(
        MachineCommand.RecordReadings command, CompletableFuture<MachineReply.Recorded> answer) {
      Incarnation serving = present;
      if (serving == null) {
        serving = new Incarnation(this);
        present = serving;
        serving.recover();
      }
      serving.mailbox.add(new Waiting(command, answer));
      serving.next();
    }

    /** The primary key refuses whoever does not know the whole journal. */
    boolean persist(long revisionBefore, List<JournalEntry> events) {
      if (databaseAway || journal.size() != revisionBefore) {
        return false;
      }
      for (JournalEntry entry : events) {
        journal.add(entry);
        if (entry.event() instanceof MachineEvent.ReadingsRecorded(List<AssessedReading> all)) {
          for (AssessedReading each : all) {
            journaled.add(each.reading().timestamp());
            known.add(each.reading().timestamp());
          }
        }
      }
      return true;
    }
  }

  /** One life of a twin, between two starts. */
  private final class Incarnation {

    private final Twin twin;
    private final Deque<Waiting> mailbox = new ArrayDeque<>();
    private @Nullable MachineState state;
    private boolean busy;

    Incarnation(Twin twin) {
      this.twin = twin;
    }

    void recover() {
      time.after(
          5 + random.nextInt(100),
          () -> {
            if (databaseAway) {
              die();
              return;
            }
            MachineState recovered = MachineState.empty(twin.machineId);
            for (JournalEntry entry : twin.journal) {
              recovered = recovered.apply(entry);
            }
            state = recovered;
            next();
          });
    }

    private void die() {
      if (twin.present == this) {
        twin.present = null;
      }
      mailbox.clear();
      busy = true;
    }

    void next() {
      MachineState known = state;
      if (busy || known == null || mailbox.isEmpty()) {
        return;
      }
      busy = true;
      Waiting waiting = mailbox.remove();
      if (waiting.command().readings().stream()
          .anyMatch(reading -> reading.numbers().containsKey("guilty"))) {
        MachineReply.Outcome failed =
            new MachineReply.Outcome(
                MachineReply.Result.REJECTED, 0, 0, MachineReply.Outcome.FAILED, "simulated");
        answer(
            waiting,
            new MachineReply.Recorded(
                waiting.command().readings().stream().map(reading -> failed).toList()));
        busy = false;
        next();
        return;
      }
      MachineDecisions.Decided decided =
          MachineDecisions.decide(
              known,
              waiting.command(),
              new DecisionContext(
                  start.plusMillis(time.nowMillis()),
                  TYPES,
                  Models.none(),
                  DecisionContext.Admission.OPEN));
      time.after(
          2 + random.nextInt(30) + twin.extraMillis, () -> persisted(known, decided, waiting));
    }

    private void persisted(MachineState before, MachineDecisions.Decided decided, Waiting waiting) {
      if (!decided.events().isEmpty() && !twin.persist(before.revision(), decided.events())) {
        die();
        return;
      }
      MachineState after = before;
      for (JournalEntry entry : decided.events()) {
        after = after.apply(entry);
      }
      state = after;
      if (decided.reply() instanceof MachineDecisions.Reply.ToSource(var to, var message)) {
        answer(waiting, message);
      }
      busy = false;
      next();
    }

    private void answer(Waiting waiting, MachineReply.Recorded message) {
      if (random.nextDouble() >= lossProbability) {
        time.after(1 + random.nextInt(20), () -> waiting.answer().complete(message));
      }
    }
  }
}
