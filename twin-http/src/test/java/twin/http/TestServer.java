package twin.http;

import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.jspecify.annotations.Nullable;
import twin.core.history.MachineJournal;
import twin.core.history.PeriodProjection;
import twin.core.live.LiveHub;
import twin.core.machine.DecisionContext;
import twin.core.machine.HealthRule;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.machine.TwinChanged;
import twin.core.machine.TwinEnvironment;
import twin.core.machine.TwinSettings;
import twin.core.reading.SubmittedReading;
import twin.core.store.DeadLetter;
import twin.core.store.FleetFilter;
import twin.core.store.FleetQuery;
import twin.core.store.FleetRow;
import twin.core.store.Page;
import twin.core.store.Performance;
import twin.core.store.PeriodHistory;
import twin.core.store.PeriodResolution;
import twin.core.store.PeriodRow;
import twin.core.store.Retried;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.http.api.TwinApi;
import twin.http.audit.Audits;
import twin.http.deadletter.DeadLetterEndpoints;
import twin.http.machine.Fleet;
import twin.http.machine.Twins;
import twin.http.machine.Types;
import twin.http.security.Security;
import twin.http.simulation.Simulations;
import twin.http.system.Operations;
import twin.http.system.Part;
import twin.http.system.SystemInfo;
import twin.http.tls.ServerTls;

/**
 * The real server on a free port, with real twins on a journal in memory. Only the tables of the
 * database and the simulator are stood in for.
 */
final class TestServer implements AutoCloseable {

  final AdjustableClock clock = new AdjustableClock(Instant.parse("2025-11-07T15:00:00Z"));
  final LiveHub live = new LiveHub();
  final Map<String, String> troubles = new ConcurrentHashMap<>();
  final List<String> simulated = new CopyOnWriteArrayList<>();
  final List<FleetQuery> fleetQueries = new CopyOnWriteArrayList<>();
  final Map<String, FleetRow> fleetRows = new ConcurrentSkipListMap<>();
  final Map<String, List<PeriodRow>> summarized = new ConcurrentHashMap<>();
  final TestLogLevels logLevels = new TestLogLevels();
  final TestModels models = new TestModels();
  final TestTrainings trainings = new TestTrainings();
  final TestAlerts alerts = new TestAlerts();
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final TestNotifications notifications = new TestNotifications();
  final TestAlertTrail trail;
  final TestIdempotencyKeys idempotencyKeys = new TestIdempotencyKeys();
  final List<Endpoint> endpoints;
  final TestAccounts accounts;
  private final TwinApi api;
  final HttpSettings settings;
  private final Security security;

  /** Passwords that cost little, and a file that is in nobody's way. */
  private static final String FOR_TESTS =
      """
      twin.http {
        port = 0
        security {
          argon2 { memory = 64 KiB, iterations = 1 }
          first-administrator.password-file = target/test-administrator-password
        }
      }
      """;

  private static final Path HOME = Path.of("");

  /** What bundles have been worth; it is counted in the tests of the core. */
  volatile Performance performance = new Performance(0, List.of());

  /** While set, twins do not answer. */
  volatile boolean silentTwins;

  /** While set, what happens is not told on this node, as when twins are on another one. */
  volatile boolean twinsElsewhere;

  private final ActorTestKit kit;
  private volatile MachineTypes types;
  private final TwinEnvironment environment;
  private final Map<String, ActorRef<MachineCommand>> twins = new ConcurrentHashMap<>();
  private volatile HttpServer server;
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  /** Tells whatever time it was set to. */
  static final class AdjustableClock implements java.time.InstantSource {
    private volatile Instant now;

    AdjustableClock(Instant now) {
      this.now = now;
    }

    @Override
    public Instant instant() {
      return now;
    }

    void set(Instant instant) {
      now = instant;
    }
  }

  static TestServer start() {
    return start("");
  }

  static TestServer start(String overrides) {
    return start(overrides, new TestAccounts());
  }

  /** A server that shares its accounts with others, as the nodes of a cluster do. */
  static TestServer start(String overrides, TestAccounts accounts) {
    return new TestServer(overrides, accounts, new TestAlertTrail());
  }

  /** A server that shares the changes of alerts with others. */
  static TestServer start(String overrides, TestAlertTrail trail) {
    return new TestServer(overrides, new TestAccounts(), trail);
  }

  private TestServer(String overrides, TestAccounts accounts, TestAlertTrail trail) {
    this.accounts = accounts;
    this.trail = trail;
    Config config =
        ConfigFactory.parseString(overrides)
            .withFallback(ConfigFactory.parseString(FOR_TESTS))
            .withFallback(PersistenceTestKitPlugin.config())
            .withFallback(PersistenceTestKitSnapshotPlugin.config())
            .withFallback(
                ConfigFactory.parseString(
                    "pekko.actor.provider = local\npekko.log-dead-letters = off"))
            .withFallback(ConfigFactory.load());
    kit = ActorTestKit.create("http", config.resolve());
    types =
        MachineTypeReader.readAll(
            ConfigFactory.parseResources("twin-types.conf").getConfig("twin.types"));
    settings = HttpSettings.of(config.resolve().getConfig("twin.http"));
    security =
        Security.start(
            kit.system(), config.resolve().getConfig("twin.http"), HOME, accounts, clock);
    environment =
        new TwinEnvironment(
            clock,
            () -> types,
            models,
            () -> DecisionContext.Admission.OPEN,
            this::watch,
            TwinSettings.of(
                ConfigFactory.parseString("snapshot-every-events = 7")
                    .withFallback(config.getConfig("twin.machines"))));
    Twins asked =
        new Twins() {
          @Override
          public <R> CompletionStage<R> ask(
              String machineId, Function<ActorRef<R>, MachineCommand> command) {
            Duration timeout = settings.askTimeout();
            return AskPattern.<MachineCommand, R>ask(
                silentTwins ? kit.<MachineCommand>createTestProbe().getRef() : twin(machineId),
                command::apply,
                timeout,
                kit.scheduler());
          }
        };
    api =
        new TwinApi(
            kit.system(),
            settings,
            clock,
            asked,
            new MachineJournal(
                kit.system(), new TestJournal(kit.system()), settings.requestTimeout()),
            new Fleet(this::page, this::counts),
            alerts.asked(),
            notifications.asked(),
            this::summaries,
            new DeadLetterEndpoints.Letters(this::deadLetters, TestServer::retry),
            live,
            trail.asked(),
            new TestTypes(),
            models,
            new TestModelChoices(),
            new TestDrifts(),
            wanted -> CompletableFuture.completedFuture(performance),
            trainings,
            () ->
                new SystemInfo(
                    "0.1.0-test",
                    "pekko://http@127.0.0.1:0",
                    List.of(
                        new SystemInfo.Member(
                            "pekko://http@127.0.0.1:0", "Up", List.of("node"), true)),
                    List.of("milling:1.0.0")),
            List.of(part("database"), part("cluster"), part("ingest")),
            security,
            (wanted, progress) -> audits.verify(wanted, progress),
            idempotencyKeys,
            Optional.of(new TestSimulations()),
            new Operations(meters, () -> "twin_info 1\n", logLevels));
    endpoints = api.endpoints();
    server = serve();
  }

  /** Types that are put into memory instead of a table. */
  private final class TestTypes implements Types {
    @Override
    public MachineTypes inForce() {
      return types;
    }

    @Override
    public CompletionStage<MachineType> put(MachineType type, String by) {
      types = types.with(type);
      return CompletableFuture.completedFuture(type);
    }
  }

  /** What a check of the journal gives; it has a database in the tests of the core. */
  volatile Audits audits =
      (wanted, progress) -> CompletableFuture.failedStage(new IllegalStateException("no audit"));

  private HttpServer serve() {
    return HttpServer.start(
            kit.system(),
            settings,
            security.access(),
            endpoints,
            List.of(ingestStandIn()),
            api::mayRecord,
            settings.tls().map(tls -> ServerTls.start(tls, clock, meters, kit.system())))
        .toCompletableFuture()
        .join();
  }

  /** Ends all connections and twins, does something, and serves again on another port. */
  void restart(Runnable meanwhile) {
    server.stop().toCompletableFuture().join();
    twins.values().forEach(kit::stop);
    twins.clear();
    meanwhile.run();
    server = serve();
  }

  private Part part(String name) {
    return new Part(
        name, () -> CompletableFuture.completedFuture(Optional.ofNullable(troubles.get(name))));
  }

  /** Another module's route, which fails when asked to. */
  private static Route ingestStandIn() {
    return path(
        segment("api").slash("v1").slash("machines").slash(segment()).slash("readings"),
        id ->
            Directives.post(
                () -> {
                  if (id.equals("broken")) {
                    throw new IllegalStateException("a secret of the inside");
                  }
                  return Directives.complete("recorded");
                }));
  }

  private void watch(TwinChanged changed) {
    MachineState state = changed.state();
    MachineEvent.HealthChanged health = HealthRule.of(state, false);
    fleetRows.put(
        state.machineId(),
        new FleetRow(
            state.machineId(),
            state.typeName(),
            new FleetRow.Place(
                state.description().site(),
                state.description().area(),
                state.description().line(),
                state.description().attributes()),
            new FleetRow.Condition(
                health.status().label(),
                health.health(),
                health.score(),
                health.rulP50(),
                health.rulP50() == null ? null : "min",
                health.failureMode(),
                state.model() == null ? null : state.model().ref().label()),
            new FleetRow.OpenAlerts(
                state.alerts().open().size(),
                state.alerts().highestSeverity().map(severity -> severity.label()).orElse(null)),
            state.revision(),
            state.watermark(),
            state.recordedAt(),
            state.retired()));
    sumUp(changed);
    trail.tell(changed);
    if (!twinsElsewhere) {
      live.accept(changed);
    }
  }

  private CompletionStage<Page<FleetRow>> page(FleetQuery query) {
    fleetQueries.add(query);
    if ("broken".equals(query.cursor())) {
      throw new IllegalArgumentException("The cursor is not one that this list gave.");
    }
    return CompletableFuture.completedFuture(
        new Page<>(
            fleetRows.values().stream()
                .filter(
                    row ->
                        query.filter().status() == null
                            || query.filter().status().equals(row.condition().status()))
                .filter(row -> query.filter().scope().admits(row.place().site()))
                .limit(query.limit())
                .toList(),
            null));
  }

  /** The periods that twins have summed up, as they come from the database. */
  private CompletionStage<PeriodHistory> summaries(String machineId, Instant from, Instant to) {
    List<PeriodRow> rows =
        summarized.getOrDefault(machineId, List.of()).stream()
            .filter(row -> !row.from().isAfter(to) && !row.to().isBefore(from))
            .toList();
    return CompletableFuture.completedFuture(
        new PeriodHistory(PeriodResolution.PERIOD, rows, rows.size()));
  }

  private void sumUp(TwinChanged changed) {
    long revision = changed.state().revision() - changed.entries().size();
    for (JournalEntry entry : changed.entries()) {
      revision++;
      if (entry.event() instanceof MachineEvent.PeriodSummarized period) {
        summarized
            .computeIfAbsent(changed.state().machineId(), id -> new CopyOnWriteArrayList<>())
            .add(PeriodProjection.row(period, revision));
      }
    }
  }

  private CompletionStage<List<FleetQuery.Count>> counts(FleetQuery.Column by, FleetFilter filter) {
    long seen =
        fleetRows.values().stream()
            .filter(row -> filter.scope().admits(row.place().site()))
            .count();
    return CompletableFuture.completedFuture(
        List.of(new FleetQuery.Count("milling", seen), new FleetQuery.Count(null, 1)));
  }

  private CompletionStage<Page<DeadLetter>> deadLetters(int limit, @Nullable String cursor) {
    return CompletableFuture.completedFuture(
        new Page<>(
            List.of(
                new DeadLetter(
                    7,
                    clock.instant(),
                    "mqtt:plant",
                    "twin/v1/machines/x/readings",
                    "x",
                    "no_timestamp",
                    "The reading has no timestamp; send one in RFC 3339.",
                    "{}".getBytes(StandardCharsets.UTF_8),
                    2,
                    false,
                    0,
                    null)),
            "7"));
  }

  /** Each of the first letters has another fate. */
  private static CompletionStage<Retried> retry(long id) {
    return switch ((int) id) {
      case 1 -> CompletableFuture.completedStage(new Retried.Taken(3, 1));
      case 2 -> CompletableFuture.completedStage(new Retried.StillDead("no_timestamp", "add it"));
      case 3 -> CompletableFuture.completedStage(new Retried.Impossible("it is cut"));
      case 4 -> CompletableFuture.failedStage(new TimeoutException("scripted"));
      default -> CompletableFuture.completedStage(new Retried.Gone());
    };
  }

  private final class TestSimulations implements Simulations {
    @Override
    public List<Group> groups() {
      return List.of(
          new Group(
              "milling",
              List.copyOf(twins.keySet()).stream().filter(id -> id.startsWith("machine-")).toList(),
              List.of(
                  "normal",
                  "overstrain",
                  "heat_dissipation",
                  "power_failure",
                  "tool_wear",
                  "sensor_fault")));
    }

    @Override
    public void start(String machineId, String profile, Optional<Duration> duration) {
      simulated.add(
          machineId + " " + profile + duration.map(each -> " " + each.toSeconds()).orElse(""));
    }
  }

  /** Has a twin record a milling reading, taken now. */
  MachineReply.Outcome milling(String machineId, long seq, double torqueNm, double toolWearMin) {
    return record(
        machineId,
        clock.instant(),
        seq,
        Map.of(
            "air_temp_k", 299.1,
            "process_temp_k", 309.5,
            "rpm", 1500.0,
            "torque_nm", torqueNm,
            "tool_wear_min", toolWearMin),
        Map.of("variant", "M"));
  }

  MachineReply.Outcome record(
      String machineId,
      Instant at,
      long seq,
      Map<String, Double> numbers,
      Map<String, String> texts) {
    return recordAll(
            machineId,
            List.of(new SubmittedReading(machineId, null, at, seq, null, numbers, texts)))
        .getFirst();
  }

  List<MachineReply.Outcome> recordAll(String machineId, List<SubmittedReading> readings) {
    ActorRef<MachineCommand> twin = twin(machineId);
    return AskPattern.<MachineCommand, MachineReply.Recorded>ask(
            twin,
            replyTo -> new MachineCommand.RecordReadings(readings, "test", null, replyTo),
            Duration.ofSeconds(10),
            kit.scheduler())
        .toCompletableFuture()
        .join()
        .outcomes();
  }

  private ActorRef<MachineCommand> twin(String machineId) {
    return twins.computeIfAbsent(machineId, id -> kit.spawn(MachineTwin.create(id, environment)));
  }

  InetSocketAddress address() {
    return server.address();
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.address().getPort() + path);
  }

  /** An answer with its body as JSON, which is missing for an empty body. */
  record Answer(HttpResponse<byte[]> response, JsonNode body) {
    int status() {
      return response.statusCode();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    String text() {
      return new String(response.body(), StandardCharsets.UTF_8);
    }
  }

  Answer get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  Answer post(String path, String json) {
    return method("POST", path, json);
  }

  Answer method(String method, String path, String json) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
    if (json.isEmpty()) {
      return send(request.method(method, HttpRequest.BodyPublishers.noBody()));
    }
    return send(
        request
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(json)));
  }

  Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<byte[]> response =
          client.send(
              request.timeout(Duration.ofSeconds(30)).build(),
              HttpResponse.BodyHandlers.ofByteArray());
      boolean json =
          response.headers().firstValue("Content-Type").orElse("").matches(".*[/+]json.*")
              && response.headers().firstValue("Content-Encoding").isEmpty();
      return new Answer(
          response, json ? Json.MAPPER.readTree(response.body()) : Json.MAPPER.missingNode());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  HttpClient client() {
    return client;
  }

  @Override
  public void close() {
    server.stop().toCompletableFuture().join();
    kit.shutdownTestKit();
    client.close();
  }
}
