package twin.app;

import com.typesafe.config.Config;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.app.log.LogbackLevels;
import twin.app.metrics.AlertCounters;
import twin.app.metrics.ClusterGauges;
import twin.app.metrics.MeasuredModels;
import twin.app.metrics.NodeMetrics;
import twin.app.metrics.Samples;
import twin.app.trace.OpenTelemetryTracing;
import twin.app.training.TrainingRuns;
import twin.app.training.TrainingSchedule;
import twin.core.archive.Archive;
import twin.core.archive.ArchiveSettings;
import twin.core.archive.Archiver;
import twin.core.archive.ArchiverDaemon;
import twin.core.deadline.DeadlineDaemon;
import twin.core.deadline.DeadlineSettings;
import twin.core.deadline.DeadlineWriter;
import twin.core.drift.DriftSettings;
import twin.core.drift.DriftWatch;
import twin.core.drift.MachineDrift;
import twin.core.fleet.FleetProjection;
import twin.core.fleet.FleetSize;
import twin.core.fleet.TypeCatalogue;
import twin.core.history.MachineJournal;
import twin.core.history.PeriodProjection;
import twin.core.inference.Models;
import twin.core.inference.onnx.ModelFolder;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.live.LiveHub;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineTwin;
import twin.core.machine.TwinEnvironment;
import twin.core.machine.TwinMeters;
import twin.core.machine.TwinSettings;
import twin.core.model.ModelCatalogue;
import twin.core.model.ModelSettings;
import twin.core.notify.NotificationSettings;
import twin.core.notify.Notifications;
import twin.core.notify.Notifying;
import twin.core.notify.OutboxWriter;
import twin.core.registry.BundleSupply;
import twin.core.registry.FolderRegistry;
import twin.core.registry.RegistrySettings;
import twin.core.store.AccountTable;
import twin.core.store.AlertFollower;
import twin.core.store.AlertStatsQuery;
import twin.core.store.AlertTable;
import twin.core.store.AlertTrailTable;
import twin.core.store.ArchiveTable;
import twin.core.store.CoarseEvents;
import twin.core.store.Database;
import twin.core.store.DatabaseSettings;
import twin.core.store.DeadLetterSettings;
import twin.core.store.DeadLetterTable;
import twin.core.store.DeadlineTable;
import twin.core.store.DriftTable;
import twin.core.store.EventStore;
import twin.core.store.FleetFilter;
import twin.core.store.FleetQuery;
import twin.core.store.FleetTable;
import twin.core.store.IdempotencySettings;
import twin.core.store.IdempotencyTable;
import twin.core.store.IncidentQuery;
import twin.core.store.JournalPool;
import twin.core.store.JournalTable;
import twin.core.store.MachineTypeTable;
import twin.core.store.ModelChoiceTable;
import twin.core.store.NotificationTable;
import twin.core.store.OutboxTable;
import twin.core.store.PerformanceQuery;
import twin.core.store.PeriodSettings;
import twin.core.store.PeriodTable;
import twin.core.store.ReadSide;
import twin.core.store.ReadSideSettings;
import twin.core.store.TrainingTable;
import twin.core.trace.Tracing;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.http.HttpServer;
import twin.http.HttpSettings;
import twin.http.alert.Alerts;
import twin.http.api.TwinApi;
import twin.http.deadletter.DeadLetterEndpoints;
import twin.http.live.AlertTrail;
import twin.http.machine.Fleet;
import twin.http.machine.StateJson;
import twin.http.machine.Twins;
import twin.http.machine.Types;
import twin.http.model.Drifts;
import twin.http.model.ModelChoices;
import twin.http.notification.Deliveries;
import twin.http.security.Security;
import twin.http.simulation.Simulations;
import twin.http.system.Operations;
import twin.http.system.Part;
import twin.http.system.SystemInfo;
import twin.http.tls.ServerTls;
import twin.ingest.Ingest;
import twin.ingest.kafka.AlertTopic;

/**
 * One node of the cluster. {@link #start} is the architecture in a page: each line starts one stage
 * of the way of a reading, from its end to its beginning, so that nothing comes in before there is
 * somewhere for it to go. {@link #close} goes the other way.
 */
public final class Node implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Node.class);
  private static final Duration STOP_WITHIN = Duration.ofSeconds(20);
  private static final Duration BIND_WITHIN = Duration.ofSeconds(20);

  private static final Map<CoordinatedShutdown.Reason, String> STOPPED_BECAUSE =
      Map.of(
          CoordinatedShutdown.clusterDowningReason(),
          "this node was cut off from the majority of the cluster, or stood still, and has stopped"
              + " its twins; started again it joins anew",
          CoordinatedShutdown.clusterJoinUnsuccessfulReason(),
          "no node of pekko.cluster.seed-nodes let this one in; start it again when one can be"
              + " reached",
          CoordinatedShutdown.incompatibleConfigurationDetectedReason(),
          "this node's settings of the cluster differ from those of the others, so it may not"
              + " join");

  private final Database database;
  private final ModelFolder models;
  private final ActorSystem<Void> system;
  private final HttpServer http;
  private final NodeMetrics metrics;
  private final Optional<OpenTelemetryTracing> traces;

  private Node(
      Database database,
      ModelFolder models,
      ActorSystem<Void> system,
      HttpServer http,
      NodeMetrics metrics,
      Optional<OpenTelemetryTracing> traces) {
    this.database = database;
    this.models = models;
    this.system = system;
    this.http = http;
    this.metrics = metrics;
    this.traces = traces;
  }

  /**
   * Starts a node and returns when its HTTP server listens.
   *
   * @param simulations the simulator in this process, if there is one
   * @throws NodeException when it cannot start, with one line that says what to do
   */
  public static Node start(Config config, Optional<Simulations> simulations) {
    return start(config, simulations, OpenTelemetryTracing.of(config, Version.text()));
  }

  /**
   * The same with a way of its own to follow readings.
   *
   * @param traces is closed with the node
   */
  static Node start(
      Config config, Optional<Simulations> simulations, Optional<OpenTelemetryTracing> traces) {
    Database database = Database.open(DatabaseSettings.from(config));
    ModelFolder models = ModelFolder.open(NodeConfig.modelFolders(config), OnnxSettings.defaults());
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "twin", config);
    NodeMetrics metrics = NodeMetrics.start(config.getConfig("twin.metrics"), Version.text());
    try {
      Joining.of(config).join(system);
      Tracing tracing = traces.isPresent() ? traces.get() : Tracing.OFF;
      HttpServer http = serve(system, config, database, models, simulations, metrics, tracing);
      return new Node(database, models, system, http, metrics, traces);
    } catch (RuntimeException e) {
      stop(system);
      models.close();
      database.close();
      metrics.close();
      traces.ifPresent(OpenTelemetryTracing::close);
      throw e;
    }
  }

  private static HttpServer serve(
      ActorSystem<Void> system,
      Config config,
      Database database,
      ModelFolder models,
      Optional<Simulations> simulations,
      NodeMetrics metrics,
      Tracing tracing) {
    MeterRegistry meters = metrics.registry();
    Clock clock = Clock.systemUTC();
    TypeCatalogue types =
        TypeCatalogue.watch(
            new MachineTypeTable(database),
            MachineTypeReader.readAll(config.getConfig("twin.types")),
            clock,
            config.getInt("twin.machines.types-max"),
            config.getDuration("twin.machines.types-look-every"),
            system);
    TwinSettings twinSettings = TwinSettings.of(config.getConfig("twin.machines"));
    HttpSettings httpSettings = HttpSettings.of(config.getConfig("twin.http"));
    Security security =
        Security.start(
            system,
            config.getConfig("twin.http"),
            NodeConfig.path(""),
            new AccountTable(database),
            clock);
    ModelCatalogue chosen =
        ModelCatalogue.watch(
            new ModelChoiceTable(database),
            models,
            supply(system, config, clock, meters),
            ModelSettings.of(config.getConfig("twin.models")),
            clock,
            system);
    Gauge.builder("twin.models.missing", chosen, each -> each.missing().size())
        .description("Bundles that were chosen and that this node has not, so that others decide")
        .register(meters);
    warnOfUnjudged(types.get(), chosen);
    TrainingRuns trainings =
        TrainingRuns.open(
            new TrainingTable(database), chosen, config, NodeConfig.home(), clock, system);
    TrainingSchedule.start(trainings, clock, system);
    FleetTable fleet = new FleetTable(database);
    AlertTable alerts = new AlertTable(database);
    PeriodTable periods = new PeriodTable(database, PeriodSettings.from(config));
    DeadLetterTable deadLetters = new DeadLetterTable(database, DeadLetterSettings.from(config));

    LiveHub live = new LiveHub();
    live.subscribe(chosen);
    FleetSize size = FleetSize.watch(fleet, twinSettings, system);
    shardTwins(
        system,
        new TwinEnvironment(
            clock,
            types,
            new MeasuredModels(chosen, types.get(), meters),
            size,
            live,
            twinSettings,
            TwinMeters.in(meters)));

    wakeSleepers(system, config, database, live, clock);

    ReadSideSettings readSideSettings = ReadSideSettings.from(config);
    CoarseEvents coarseEvents = new CoarseEvents(database, readSideSettings, system);
    ReadSide readSide = new ReadSide(database, coarseEvents, readSideSettings, system);
    NotificationSettings told = NotificationSettings.from(config);
    NotificationTable notices = new NotificationTable(database);
    List<AlertFollower> followers = new ArrayList<>();
    Notifying notifying = new Notifying(notices, told, clock);
    followers.add(notifying);
    OutboxWriter.from(config, new OutboxTable(), clock).ifPresent(followers::add);
    readSide.keepTables(
        FleetProjection.NAME, () -> new FleetProjection(fleet, alerts, followers, tracing));
    readSide.keepTables(PeriodProjection.NAME, () -> new PeriodProjection(periods));
    List<String> projections = publishAlerts(system, config, readSide, tracing);
    EventStore events = archive(system, config, database, readSideSettings, projections, clock);
    JournalAudit audit = JournalAudit.start(system, config, database, clock);

    Ingest ingest =
        Ingest.start(
            system,
            deadLetters,
            live,
            state -> StateJson.bytes(state, clock.instant()),
            clock,
            meters,
            tracing);
    Notifications notifications = notify(system, told, notices, ingest, clock, meters);
    measure(system, config, database, coarseEvents, fleet, live, meters);

    DriftSettings driftSettings = DriftSettings.of(config.getConfig("twin.models.drift"));
    DriftWatch drift =
        DriftWatch.start(
            new DriftTable(database, driftSettings.slot()),
            chosen,
            driftSettings,
            clock,
            List.of(notifying),
            meters,
            system);
    live.subscribe(drift);
    MachineJournal journal = new MachineJournal(system, events, httpSettings.requestTimeout());
    TwinApi api =
        new TwinApi(
            system,
            httpSettings,
            clock,
            Twins.sharded(system, httpSettings.askTimeout()),
            journal,
            Fleet.of(fleet),
            Alerts.of(alerts, new AlertStatsQuery(database), new IncidentQuery(database)),
            Deliveries.of(notices, notifications),
            periods::between,
            new DeadLetterEndpoints.Letters(deadLetters::list, ingest::retryDeadLetter),
            live,
            AlertTrail.of(new AlertTrailTable(database)),
            Types.of(types),
            chosen,
            ModelChoices.of(chosen),
            Drifts.of(drift, new MachineDrift(journal, drift, driftSettings, system)),
            new PerformanceQuery(database)::of,
            trainings,
            () -> SystemInfo.of(system, Version.text(), deciding(types.get(), chosen)),
            List.of(Part.database(database), Part.cluster(system), ingestPart(ingest)),
            security,
            audit,
            new IdempotencyTable(database, IdempotencySettings.from(config)),
            simulations,
            new Operations(
                meters,
                metrics::scrape,
                LogbackLevels.ofThisProcess(config.getInt("twin.log.changed-levels-max"))));
    return await(
        HttpServer.start(
            system,
            httpSettings,
            security.access(),
            api.endpoints(),
            List.of(ingest.route()),
            api::mayRecord,
            httpSettings.tls().map(tls -> ServerTls.start(tls, clock, meters, system))),
        httpSettings);
  }

  /** What brings bundles into the folder of this node. */
  private static BundleSupply supply(
      ActorSystem<Void> system, Config config, Clock clock, MeterRegistry meters) {
    RegistrySettings settings = RegistrySettings.of(config.getConfig("twin.models.registry"));
    Executor blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    BundleSupply supply =
        new BundleSupply(
            settings.open(NodeConfig.home(), clock),
            new FolderRegistry(NodeConfig.modelFolders(config), settings.limits().bundlesMax()),
            settings,
            OnnxSettings.defaults(),
            clock,
            blocking,
            meters);
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
            "close-model-registry",
            () ->
                CompletableFuture.supplyAsync(
                    () -> {
                      supply.close();
                      return Done.getInstance();
                    },
                    blocking));
    return supply;
  }

  /** What is measured from outside; everything else has been given the meters that it uses. */
  private static void measure(
      ActorSystem<Void> system,
      Config config,
      Database database,
      CoarseEvents coarseEvents,
      FleetTable fleet,
      LiveHub live,
      MeterRegistry meters) {
    database.measure(meters);
    JournalPool.measure(system, meters);
    ClusterGauges.register(system, meters);
    Samples.start(
        system,
        coarseEvents::lag,
        () -> fleet.counts(FleetQuery.Column.STATUS, FleetFilter.NONE),
        config.getDuration("twin.metrics.sample-every"),
        meters);
    live.subscribe(new AlertCounters(meters));
  }

  /** The bundles that decide now. */
  private static List<String> deciding(MachineTypes types, Models models) {
    return types.all().stream()
        .flatMap(type -> models.champion(type.name(), "").stream())
        .map(session -> session.profile().ref().label())
        .toList();
  }

  /** One who configures a type expects alerts from it, and would wait for them in vain. */
  private static void warnOfUnjudged(MachineTypes types, Models models) {
    for (MachineType type : types.all()) {
      boolean gated = type.learnsChannels() || !type.baselineColumns().isEmpty();
      if (!gated && models.champion(type.name(), "").isEmpty()) {
        log.warn(
            "machine type {} has neither a model bundle nor a feature that knows what is normal:"
                + " its readings are recorded but not assessed, and it can raise no alert",
            type.name());
      }
    }
  }

  private static void shardTwins(ActorSystem<Void> system, TwinEnvironment environment) {
    Props dispatcher = DispatcherSelector.fromConfig("twin.machine-dispatcher");
    ClusterSharding.get(system)
        .init(
            Entity.of(
                    MachineTwin.TYPE_KEY,
                    entity -> MachineTwin.create(entity.getEntityId(), environment))
                .withEntityProps(dispatcher));
  }

  /** The clock speaks to twins that sleep, and to those whose node has gone. */
  private static void wakeSleepers(
      ActorSystem<Void> system, Config config, Database database, LiveHub live, Clock clock) {
    DeadlineSettings settings = DeadlineSettings.of(config.getConfig("twin.deadlines"));
    DeadlineTable table = new DeadlineTable(database);
    DeadlineWriter writer = DeadlineWriter.start(table, settings, clock, system);
    live.subscribe(writer);
    ClusterSharding sharding = ClusterSharding.get(system);
    ShardedDaemonProcess.get(system)
        .init(
            DeadlineDaemon.Command.class,
            "deadlines",
            1,
            number ->
                DeadlineDaemon.create(
                    table,
                    settings,
                    clock,
                    writer,
                    (machineId, kind) -> {
                      EntityRef<MachineCommand> twin =
                          sharding.entityRefFor(MachineTwin.TYPE_KEY, machineId);
                      twin.tell(new MachineCommand.Due(kind));
                      return twin.<MachineReply.State>ask(
                              MachineCommand.GetState::new, settings.againAfter())
                          .thenApply(MachineReply.State::state);
                    }),
            DeadlineDaemon.stopMessage());
  }

  /**
   * Changes of alerts go from the journal to Kafka, where there is one. Whatever else is to hear of
   * each of them for certain is another projection like it.
   *
   * @return the projections that must have read an event before it leaves the journal
   */
  private static List<String> publishAlerts(
      ActorSystem<Void> system, Config config, ReadSide readSide, Tracing tracing) {
    Executor blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    Optional<AlertTopic> topic = AlertTopic.from(config, blocking, tracing);
    if (topic.isEmpty()) {
      return List.of(FleetProjection.NAME, PeriodProjection.NAME);
    }
    readSide.publish(AlertTopic.NAME, topic.get()::handler);
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
            "close-alert-topic",
            () ->
                CompletableFuture.supplyAsync(
                    () -> {
                      topic.get().close();
                      return Done.getInstance();
                    },
                    blocking));
    return List.of(FleetProjection.NAME, PeriodProjection.NAME, AlertTopic.NAME);
  }

  /** Messages to people, which stop before what sends those over MQTT does. */
  private static Notifications notify(
      ActorSystem<Void> system,
      NotificationSettings settings,
      NotificationTable table,
      Ingest ingest,
      Clock clock,
      MeterRegistry meters) {
    Notifications notifications =
        Notifications.open(
            settings, table, Map.of("mqtt", ingest::notifier), clock, new SecureRandom(), meters);
    notifications.start(system);
    Executor blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseServiceStop(),
            "stop-notifications",
            () -> notifications.stop(blocking));
    return notifications;
  }

  /** The events of machines wherever they stand, and who moves the old ones. */
  private static EventStore archive(
      ActorSystem<Void> system,
      Config config,
      Database database,
      ReadSideSettings readSide,
      List<String> projections,
      Clock clock) {
    ArchiveSettings settings =
        ArchiveSettings.of(config.getConfig("twin.archive"), NodeConfig.path(""));
    JournalTable journal = new JournalTable(database);
    ArchiveTable table = new ArchiveTable(database, readSide, projections);
    Executor blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    if (settings.enabled()) {
      Archiver archiver = new Archiver(journal, table, settings, clock, blocking);
      ShardedDaemonProcess.get(system)
          .init(
              ArchiverDaemon.Command.class,
              "archiver",
              1,
              number -> ArchiverDaemon.create(archiver, settings.every()),
              ArchiverDaemon.stopMessage());
    }
    return new Archive(journal, table, settings.folder(), blocking);
  }

  private static Part ingestPart(Ingest ingest) {
    return new Part(
        "ingest",
        () ->
            CompletableFuture.completedFuture(
                ingest.ready().stream()
                    .filter(source -> !source.isReady())
                    .map(
                        source ->
                            "%s is %s: %s".formatted(source.name(), source.kind(), source.detail()))
                    .findFirst()));
  }

  private static HttpServer await(CompletionStage<HttpServer> starting, HttpSettings settings) {
    try {
      return starting
          .toCompletableFuture()
          .orTimeout(BIND_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof BindException) {
          throw cannotListen(settings.address(), settings.port(), cause);
        }
      }
      throw new NodeException("the HTTP server did not start: " + e.getMessage(), e);
    }
  }

  /**
   * Finds out before anything is started whether its HTTP server could listen there. Somebody else
   * may still take the port in between; then the start says the same, later.
   *
   * @throws NodeException with one line that says what to do
   */
  public static void requireFree(String address, int port) {
    try (ServerSocketChannel channel = ServerSocketChannel.open()) {
      channel.bind(new InetSocketAddress(address, port));
    } catch (IOException e) {
      throw cannotListen(address, port, e);
    }
  }

  private static NodeException cannotListen(String address, int port, Throwable cause) {
    return new NodeException(
        "%s:%d cannot be listened on (%s); choose another with --http-port or twin.http.port"
            .formatted(address, port, cause.getMessage()),
        cause);
  }

  /** Where it serves HTTP. */
  public InetSocketAddress address() {
    return http.address();
  }

  /** Where this machine reaches it; one that listens on every address is reached over loopback. */
  public String url() {
    InetSocketAddress bound = address();
    InetAddress host = bound.getAddress();
    String text =
        host.isAnyLocalAddress() ? "127.0.0.1" : host.getHostAddress().replaceFirst("%.*", "");
    return "%s://%s:%d"
        .formatted(
            http.encrypted() ? "https" : "http",
            text.contains(":") ? "[" + text + "]" : text,
            bound.getPort());
  }

  /** Completes when the node has stopped, for whatever reason. */
  public CompletionStage<Void> stopped() {
    return system.getWhenTerminated().thenApply(done -> null);
  }

  /** Why the node stopped, when it did so although nobody told it to. */
  public Optional<String> whyStopped() {
    return CoordinatedShutdown.get(system)
        .getShutdownReason()
        .flatMap(reason -> Optional.ofNullable(STOPPED_BECAUSE.get(reason)));
  }

  /** Stops ingest first, then the twins, then the database. Returns when all has stopped. */
  @Override
  public void close() {
    stop(system);
    models.close();
    database.close();
    metrics.close();
    traces.ifPresent(OpenTelemetryTracing::close);
  }

  private static void stop(ActorSystem<Void> system) {
    CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.unknownReason());
    try {
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.warn("the actor system has not stopped within {}", STOP_WITHIN);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      log.warn("the actor system stopped with a failure", e);
    }
  }
}
