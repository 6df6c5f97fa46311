package twin.training.retrain;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import twin.core.alert.Alert;
import twin.core.alert.AlertState;
import twin.core.history.MachineJournal;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.reading.SubmittedReading;
import twin.core.store.EventStore;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.training.lived.Past;

/**
 * Compressors that live and fail in memory, through the twin's own code: a bearing wears out over
 * its last day, which vibration tells, or a seal leaks, which temperature tells. The type is one
 * that nobody has written any code for.
 */
final class LivedFleet implements AutoCloseable, EventStore {
  static final String TYPE = "compressor";
  static final Instant START = Instant.parse("2025-11-01T00:00:00Z");
  static final Duration STEP = Duration.ofHours(1);
  static final int STEPS_A_DAY = 24;

  private static final int WEARING_STEPS = STEPS_A_DAY;

  private final ActorSystem<Void> system;
  private final MachineTypes types;
  private final Map<String, MachineState> states = new TreeMap<>();
  private final Map<String, List<JournalEntry>> journals = new TreeMap<>();

  LivedFleet() {
    types =
        MachineTypeReader.readAll(
            ConfigFactory.parseString(
                    """
                    twin.types.compressor {
                      channels = [
                        {name = vibration, unit = mm/s, min = 0, max = 50}
                        {name = temperature, unit = "°C", min = -40, max = 200}
                        {name = load, unit = kW, min = 0, max = 100}
                      ]
                      features = [
                        {name = vibration, kind = value, of = [vibration]}
                        {name = temperature, kind = value, of = [temperature]}
                        {name = load, kind = value, of = [load]}
                        {name = vibration.mean_6, kind = mean, of = [vibration], readings = 6}
                        {name = temperature.mean_6, kind = mean, of = [temperature], readings = 6}
                      ]
                      lateness-bound = 60s
                      future-bound = 60s
                      silence = 2h
                      commissioning-readings = 0
                      gate-threshold = 6
                      rul = {unit = h, horizon = 24}
                      alerts = [
                        {name = shaking, kind = high, channel = vibration, on = 20, off = 15,
                         on-readings = 1, off-readings = 1, severity = high}
                      ]
                    }
                    """)
                .withFallback(ConfigFactory.parseResources("twin-types.conf"))
                .resolve()
                .getConfig("twin.types"));
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "lived",
            ConfigFactory.parseString("pekko.loglevel = WARNING, pekko.stdout-loglevel = WARNING")
                .withFallback(ConfigFactory.load()));
  }

  MachineType type() {
    return types.find(TYPE).orElseThrow();
  }

  /** The values of one reading. */
  record Values(double vibration, double temperature, double load) {}

  /** Changes what a machine measures. */
  interface Meddling {
    Values at(int machine, int step, Values measured);
  }

  /**
   * Lets machines live through some days. Each fails about every week.
   *
   * @param failures which failures come, in turn
   */
  void live(int machines, int days, List<String> failures, long seed, Meddling meddling) {
    for (int machine = 0; machine < machines; machine++) {
      Random random = new Random(seed * 1000 + machine);
      String id = "compressor-" + machine;
      int failsAt = lifeSteps(random);
      int failure = machine;
      for (int step = 0; step < days * STEPS_A_DAY; step++) {
        String mode = failures.isEmpty() ? "" : failures.get(failure % failures.size());
        double worn =
            mode.isEmpty() ? 0 : Math.clamp(1 - (failsAt - step) / (double) WEARING_STEPS, 0, 1);
        double load = 50 + 10 * random.nextGaussian();
        Values measured =
            new Values(
                Math.max(0, 4 + 0.02 * load + random.nextGaussian() * 0.5)
                    + (mode.equals("bearing_wear") ? 6 * worn : 0),
                60
                    + 0.2 * load
                    + random.nextGaussian()
                    + (mode.equals("seal_leak") ? 15 * worn : 0),
                Math.clamp(load, 0, 100));
        read(id, START.plus(STEP.multipliedBy(step)), meddling.at(machine, step, measured));
        if (!mode.isEmpty() && step >= failsAt) {
          repair(id, mode);
          failure++;
          failsAt = step + lifeSteps(random);
        }
      }
    }
  }

  private static int lifeSteps(Random random) {
    return 5 * STEPS_A_DAY + random.nextInt(3 * STEPS_A_DAY);
  }

  void read(String machineId, Instant at, Values values) {
    Map<String, Double> numbers = new TreeMap<>();
    numbers.put("vibration", values.vibration());
    numbers.put("temperature", values.temperature());
    numbers.put("load", values.load());
    numbers.values().removeIf(value -> Double.isNaN(value));
    SubmittedReading reading =
        new SubmittedReading(machineId, TYPE, at, null, null, numbers, Map.of());
    decide(
        machineId,
        at,
        new MachineCommand.RecordReadings(List.of(reading), "test", null, system.ignoreRef()));
    MachineState state = states.getOrDefault(machineId, MachineState.empty(machineId));
    for (Alert alert : state.alerts().open()) {
      if (alert.state() == AlertState.UNACKNOWLEDGED) {
        decide(
            machineId,
            at,
            new MachineCommand.Acknowledge(alert.id(), "", "anna", system.ignoreRef()));
      }
    }
  }

  void repair(String machineId, String failureMode) {
    decide(
        machineId,
        // Somebody writes it down days later; what counts is the machine's own time.
        START.plus(Duration.ofDays(90)),
        new MachineCommand.RecordMaintenance(
            "repair", "", failureMode, "anna", system.ignoreRef()));
  }

  void judge(String machineId, String alertId, String verdict, String finding) {
    decide(
        machineId,
        START.plus(Duration.ofDays(90)),
        new MachineCommand.GiveVerdict(alertId, verdict, finding, "", "anna", system.ignoreRef()));
  }

  /** The ids of the alerts that a machine has raised, in order. */
  List<String> alerts(String machineId) {
    return journals.getOrDefault(machineId, List.of()).stream()
        .map(JournalEntry::event)
        .filter(MachineEvent.AlertChanged.class::isInstance)
        .map(event -> ((MachineEvent.AlertChanged) event).alertId())
        .distinct()
        .toList();
  }

  private void decide(String machineId, Instant now, MachineCommand.Change command) {
    MachineState state = states.getOrDefault(machineId, MachineState.empty(machineId));
    DecisionContext context =
        new DecisionContext(now, types, Models.none(), DecisionContext.Admission.OPEN);
    for (JournalEntry entry : MachineDecisions.decide(state, command, context).events()) {
      journals.computeIfAbsent(machineId, id -> new ArrayList<>()).add(entry);
      state = state.apply(entry);
    }
    states.put(machineId, state);
  }

  Past past() {
    return new Past(
        system,
        new MachineJournal(system, this, Duration.ofSeconds(30)),
        new Past.Fleet() {
          @Override
          public List<String> machines(String type) {
            return List.copyOf(journals.keySet());
          }

          @Override
          public long lastRevision(String machineId) {
            return journals.getOrDefault(machineId, List.of()).size();
          }
        });
  }

  @Override
  public CompletionStage<List<Stored>> events(
      String persistenceId, long first, long last, int most) {
    List<JournalEntry> journal =
        journals.getOrDefault(MachineTwin.machineId(persistenceId), List.of());
    List<Stored> page = new ArrayList<>();
    for (long revision = first;
        revision <= Math.min(last, journal.size()) && page.size() < most;
        revision++) {
      JournalEntry entry = journal.get((int) revision - 1);
      page.add(new Stored(revision, entry.manifest(), entry.encoded()));
    }
    return CompletableFuture.completedFuture(page);
  }

  @Override
  public CompletionStage<Optional<Stored>> snapshot(String persistenceId, long revision) {
    return CompletableFuture.completedFuture(Optional.empty());
  }

  @Override
  public void close() {
    system.terminate();
  }
}
