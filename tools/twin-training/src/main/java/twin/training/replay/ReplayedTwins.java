package twin.training.replay;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import twin.core.feature.FeatureVector;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/**
 * Twins of one type that live through recorded readings: each reading goes through the twin's own
 * {@code decide} and {@code apply}, so that features and assessments are those of a live twin.
 * Nothing is persisted. Safe for use by many threads.
 */
public final class ReplayedTwins implements AutoCloseable {
  private final MachineTypes types;
  private final MachineType type;
  private final Models models;
  // Only for the address that nobody listens at: a command must say where its answer goes.
  private final ActorSystem<Void> nobody;

  private ReplayedTwins(String type, Config changes, Models models) {
    this.types =
        MachineTypeReader.readAll(
            changes
                .atPath("twin.types." + type)
                .withFallback(ConfigFactory.parseResources("twin-types.conf"))
                .resolve()
                .getConfig("twin.types"));
    this.type =
        types
            .find(type)
            .orElseThrow(() -> new IllegalStateException("there is no machine type " + type));
    this.models = models;
    this.nobody =
        ActorSystem.create(
            Behaviors.empty(),
            "replayed",
            ConfigFactory.parseString("pekko.loglevel = WARNING, pekko.stdout-loglevel = WARNING")
                .withFallback(ConfigFactory.load()));
  }

  /** Twins without a bundle, for their features. */
  public static ReplayedTwins withoutModels(String type) {
    return new ReplayedTwins(type, ConfigFactory.empty(), Models.none());
  }

  /** Twins that a model decides for. */
  public static ReplayedTwins with(String type, ModelSession session) {
    return with(type, ConfigFactory.empty(), session);
  }

  /** Twins that a model decides for, of a type some settings of which are others. */
  public static ReplayedTwins with(String type, Config changes, ModelSession session) {
    return new ReplayedTwins(type, changes, (name, machineId) -> Optional.of(session));
  }

  /** The type of the machines. */
  public MachineType type() {
    return type;
  }

  /** The states of one machine's twin, after each of its readings. */
  public List<MachineState> statesAfter(List<SubmittedReading> readings) {
    List<MachineState> states = new ArrayList<>();
    MachineState state = MachineState.empty(readings.getFirst().machineId());
    for (SubmittedReading reading : readings) {
      state = after(state, reading);
      states.add(state);
    }
    return states;
  }

  /** What a twin computed from its newest reading. */
  public static FeatureVector features(MachineState state) {
    FeatureVector features = state.features();
    if (features == null) {
      throw new IllegalStateException("a twin has features once it has a reading");
    }
    return features;
  }

  /** A twin's state after one reading more. */
  public MachineState after(MachineState state, SubmittedReading reading) {
    DecisionContext context =
        new DecisionContext(reading.timestamp(), types, models, DecisionContext.Admission.OPEN);
    MachineCommand.RecordReadings command =
        new MachineCommand.RecordReadings(List.of(reading), "recorded", null, nobody.ignoreRef());
    long recorded = state.readings();
    MachineState next = state;
    for (JournalEntry entry : MachineDecisions.decide(state, command, context).events()) {
      next = next.apply(entry);
    }
    if (next.readings() != recorded + 1) {
      throw new IllegalStateException("the twin did not take the reading " + reading);
    }
    return next;
  }

  @Override
  public void close() {
    nobody.terminate();
  }
}
