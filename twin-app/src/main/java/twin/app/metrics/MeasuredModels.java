package twin.app.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import twin.core.feature.FeatureVector;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.type.MachineTypes;

/**
 * Models whose champions are timed, by machine type, when twins ask them. What looks at the past
 * asks the models themselves and is not in the figures. Thread-safe.
 */
public final class MeasuredModels implements Models {

  private final Models models;
  private final MeterRegistry registry;

  /** By machine type, of which only those with a champion have a place here. */
  private final ConcurrentMap<String, Meters> meters = new ConcurrentHashMap<>();

  /**
   * Measures models.
   *
   * @param types whose meters are there from the beginning, where they have a champion
   */
  public MeasuredModels(Models models, MachineTypes types, MeterRegistry registry) {
    this.models = models;
    this.registry = registry;
    types.all().forEach(type -> champion(type.name(), ""));
  }

  @Override
  public Optional<ModelSession> champion(String type, String machineId) {
    return models.champion(type, machineId).map(session -> measured(type, session));
  }

  @Override
  public Optional<ModelSession> shadow(String type, String machineId) {
    return models.shadow(type, machineId);
  }

  @Override
  public Optional<ModelSession> bundle(String type, String version) {
    return models.bundle(type, version);
  }

  @Override
  public Optional<ModelSession> bundle(ModelRef ref) {
    return models.bundle(ref);
  }

  private ModelSession measured(String type, ModelSession session) {
    return new Measured(session, meters.computeIfAbsent(type, this::meters));
  }

  private Meters meters(String type) {
    return new Meters(
        Timer.builder("twin.model.run")
            .description("One run of a type's model over the readings of a command")
            .tag("type", type)
            .register(registry),
        Counter.builder("twin.model.failures")
            .description("Runs that failed, so that their readings have no assessment")
            .tag("type", type)
            .register(registry));
  }

  private record Meters(Timer runs, Counter failures) {}

  private record Measured(ModelSession session, Meters meters) implements ModelSession {

    @Override
    public ModelProfile profile() {
      return session.profile();
    }

    @Override
    public double tolerance() {
      return session.tolerance();
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      long beganNanos = System.nanoTime();
      try {
        return session.run(readings);
      } catch (RuntimeException e) {
        meters.failures().increment();
        throw e;
      } finally {
        meters.runs().record(System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS);
      }
    }

    @Override
    public List<Contribution> explain(FeatureVector reading, Conclusion conclusion) {
      return session.explain(reading, conclusion);
    }
  }
}
