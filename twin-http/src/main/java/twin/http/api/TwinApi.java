package twin.http.api;

import io.micrometer.core.instrument.Gauge;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import twin.core.history.MachineJournal;
import twin.core.inference.Models;
import twin.core.live.LiveHub;
import twin.core.store.IdempotencyKeys;
import twin.http.ApiDocs;
import twin.http.Assets;
import twin.http.Caller;
import twin.http.Endpoint;
import twin.http.HttpSettings;
import twin.http.Role;
import twin.http.alert.AlertEndpoints;
import twin.http.alert.AlertListEndpoints;
import twin.http.alert.Alerts;
import twin.http.audit.AuditEndpoint;
import twin.http.audit.Audits;
import twin.http.deadletter.DeadLetterEndpoints;
import twin.http.idempotency.Idempotency;
import twin.http.job.JobEndpoints;
import twin.http.job.Jobs;
import twin.http.live.AlertTrail;
import twin.http.live.LiveChanges;
import twin.http.live.StreamEndpoint;
import twin.http.machine.Fleet;
import twin.http.machine.FleetEndpoints;
import twin.http.machine.History;
import twin.http.machine.HistoryEndpoints;
import twin.http.machine.MachineEndpoints;
import twin.http.machine.PredictEndpoint;
import twin.http.machine.ReplayEndpoint;
import twin.http.machine.Summaries;
import twin.http.machine.TrailStream;
import twin.http.machine.Twins;
import twin.http.machine.TypeEndpoints;
import twin.http.machine.Types;
import twin.http.model.DriftEndpoints;
import twin.http.model.Drifts;
import twin.http.model.ModelChoices;
import twin.http.model.ModelEndpoints;
import twin.http.model.PerformanceEndpoint;
import twin.http.model.Performances;
import twin.http.model.SyncEndpoint;
import twin.http.model.TrainingEndpoints;
import twin.http.model.Trainings;
import twin.http.notification.Deliveries;
import twin.http.notification.NotificationEndpoints;
import twin.http.security.Security;
import twin.http.simulation.SimulationEndpoints;
import twin.http.simulation.Simulations;
import twin.http.system.Operations;
import twin.http.system.OperationsEndpoints;
import twin.http.system.Part;
import twin.http.system.SystemEndpoints;
import twin.http.system.SystemInfo;

/**
 * What the API needs of the rest of the program.
 *
 * @param system runs streams and reads the journal
 * @param settings how the API is served
 * @param clock tells when a state is looked at
 * @param twins asks twins
 * @param journal reads the journal
 * @param fleet the fleet from the read side
 * @param alerts alerts from the read side
 * @param notifications what was told of alerts to whom
 * @param summaries long histories from the read side
 * @param deadLetters what could not be read
 * @param live what happens on this node
 * @param alertTrail changes of alerts one after the other
 * @param types the machine types in force
 * @param models the bundles in force
 * @param choices who chooses between them
 * @param drifts how what they are given and answer is spread
 * @param performances what they said against what was true
 * @param info what this node is
 * @param parts what must be ready
 * @param security who may call
 * @param audits checks the journal
 * @param idempotencyKeys remembers calls that may be sent again
 * @param simulations the simulator in this process, if there is one
 * @param operations what this node measures, and how much it logs
 */
public record TwinApi(
    ActorSystem<?> system,
    HttpSettings settings,
    InstantSource clock,
    Twins twins,
    MachineJournal journal,
    Fleet fleet,
    Alerts alerts,
    Deliveries notifications,
    Summaries summaries,
    DeadLetterEndpoints.Letters deadLetters,
    LiveHub live,
    AlertTrail alertTrail,
    Types types,
    Models models,
    ModelChoices choices,
    Drifts drifts,
    Performances performances,
    Trainings trainings,
    Supplier<SystemInfo> info,
    List<Part> parts,
    Security security,
    Audits audits,
    IdempotencyKeys idempotencyKeys,
    Optional<Simulations> simulations,
    Operations operations) {

  private static final Pattern READINGS = Pattern.compile("/api/v1/machines/([^/]+)/readings");

  /** Lets whoever may send readings, of machines that they see, reach the route for readings. */
  public CompletionStage<Done> mayRecord(Caller caller, HttpRequest request) {
    Matcher path = READINGS.matcher(request.getUri().path());
    if (!path.matches()) {
      return CompletableFuture.completedFuture(Done.done());
    }
    caller.require(Role.OPERATOR);
    // A machine that is not there has no site yet: who sees only some registers it first.
    return twins.seen(caller, path.group(1));
  }

  /** Everything that the API answers, and the dashboard. */
  public List<Endpoint> endpoints() {
    Jobs jobs = new Jobs(clock, settings.jobs());
    Gauge.builder("twin.jobs.running", jobs, Jobs::running)
        .description("Jobs of this node that have not ended")
        .register(operations.meters());
    LiveChanges streams = new LiveChanges(system, live, alertTrail, clock, settings.stream());
    Gauge.builder("twin.live.subscribers", streams, LiveChanges::streams)
        .description("Live streams that are open on this node")
        .register(operations.meters());
    Idempotency idempotency = new Idempotency(idempotencyKeys, clock);
    History history = new History(system, journal, settings.history());
    TrailStream trail = new TrailStream(twins, history, live, clock, settings.stream());
    return Stream.of(
            new SystemEndpoints(parts, settings.partTimeout(), info, simulations).all(),
            security.endpoints(),
            new OperationsEndpoints(operations).all(),
            new TypeEndpoints(types).all(),
            new FleetEndpoints(fleet).all(),
            new MachineEndpoints(twins, history, types, clock, idempotency).all(),
            new HistoryEndpoints(
                    twins,
                    history,
                    summaries,
                    models,
                    trail,
                    settings.history(),
                    settings.stream().heartbeat())
                .all(),
            // Before that of a version, for which drift and performance would be names.
            new DriftEndpoints(drifts, twins, types::inForce).all(),
            List.of(
                new PerformanceEndpoint(performances, models, types::inForce, clock).endpoint()),
            // Before the bundles: a name behind a type is a version elsewhere.
            new TrainingEndpoints(trainings, jobs, types::inForce).all(),
            new ModelEndpoints(models, choices, types::inForce).all(),
            List.of(new SyncEndpoint(choices, jobs, idempotency).endpoint()),
            List.of(
                new ReplayEndpoint(twins, journal, models, types::inForce, jobs, idempotency)
                    .endpoint()),
            List.of(new PredictEndpoint(twins, types::inForce, models, clock, system).endpoint()),
            List.of(new AuditEndpoint(audits, jobs, idempotency).endpoint()),
            new JobEndpoints(jobs).all(),
            new AlertListEndpoints(alerts, clock, settings.alerts()).all(),
            new AlertEndpoints(twins, alerts, clock, settings.alerts()).all(),
            new NotificationEndpoints(notifications).all(),
            new DeadLetterEndpoints(deadLetters).all(),
            new SimulationEndpoints(simulations).all(),
            new StreamEndpoint(streams, alertTrail, clock, settings.stream()).all(),
            ApiDocs.load().all(),
            Assets.load().all())
        .flatMap(List::stream)
        .toList();
  }
}
