package twin.app.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.app.NodeConfig;
import twin.core.inference.BundleManifest;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.model.ModelCatalogue;
import twin.core.store.TrainingRun;
import twin.core.store.TrainingTable;
import twin.http.model.Trainings;

/**
 * The trainings of this node, one at a time in the cluster. What one has made is checked, and put
 * beside the other bundles after it has been written down which of them decides, so that nothing is
 * promoted by being there. Thread-safe.
 */
public final class TrainingRuns implements Trainings {
  private static final Logger log = LoggerFactory.getLogger(TrainingRuns.class);

  /** A node that is slow to say that its training runs is not gone. */
  private static final int ALIVE_FOR = 4;

  /** How folders begin in which a training writes, beside the folder of bundles. */
  private static final String UNFINISHED = ".training-";

  private final TrainingTable table;
  private final ModelCatalogue catalogue;
  private final TrainingSettings settings;
  private final Config config;
  private final Path home;
  private final List<Path> folders;

  /** Where new bundles go. */
  private final Path models;

  private final InstantSource clock;
  private final ActorSystem<?> system;
  private final Set<Running> running = ConcurrentHashMap.newKeySet();

  private TrainingRuns(
      TrainingTable table,
      ModelCatalogue catalogue,
      TrainingSettings settings,
      Config config,
      Path home,
      InstantSource clock,
      ActorSystem<?> system) {
    this.table = table;
    this.catalogue = catalogue;
    this.settings = settings;
    this.config = config;
    this.home = home.toAbsolutePath();
    this.folders = NodeConfig.modelFolders(config).stream().map(Path::toAbsolutePath).toList();
    this.models = folders.getLast();
    this.clock = clock;
    this.system = system;
  }

  /**
   * Trains from now on when it is asked to, until the system stops.
   *
   * @param home where the program lies
   */
  public static TrainingRuns open(
      TrainingTable table,
      ModelCatalogue catalogue,
      Config config,
      Path home,
      InstantSource clock,
      ActorSystem<?> system) {
    TrainingRuns runs =
        new TrainingRuns(
            table,
            catalogue,
            TrainingSettings.of(config.getConfig("twin.training")),
            config,
            home,
            clock,
            system);
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseServiceStop(),
            "stop-training",
            () -> {
              runs.running.forEach(Running::cancel);
              return CompletableFuture.completedFuture(Done.getInstance());
            });
    return runs;
  }

  TrainingSettings settings() {
    return settings;
  }

  @Override
  public CompletionStage<List<TrainingRun>> newest(String type, int limit) {
    return table.newest(type, limit);
  }

  @Override
  public CompletionStage<Run> start(Wanted wanted) {
    List<String> command = command();
    Instant now = clock.instant();
    TrainingRun row =
        new TrainingRun(
            UUID.randomUUID().toString(),
            wanted.type(),
            wanted.from(),
            wanted.to(),
            wanted.scheduledFor(),
            wanted.by(),
            now,
            null,
            null,
            "",
            null);
    return table
        .begin(row, aliveUntil(now))
        .thenCompose(
            begun ->
                begun
                    ? CompletableFuture.<Run>completedFuture(new Running(row, wanted, command))
                    : refusedFor(wanted));
  }

  private CompletionStage<Run> refusedFor(Wanted wanted) {
    return table
        .running()
        .thenCompose(
            other ->
                CompletableFuture.failedStage(
                    new RefusedException(
                        other
                            .map(
                                run ->
                                    "A training of %s runs since %s, and one runs at a time. Ask again when it has ended, or cancel it on its node with DELETE /api/v1/jobs/{id}."
                                        .formatted(run.machineType(), run.startedAt()))
                            .orElse(
                                wanted.scheduledFor() == null
                                    ? "Another training has just ended; ask again."
                                    : "It has been seen to already."))));
  }

  /** What trains: what is configured, else the launcher, in a clone of the sources. */
  private List<String> command() {
    if (!settings.command().isEmpty()) {
      return settings.command();
    }
    Path launcher = home.resolve("twin");
    if (Files.isExecutable(launcher) && Files.exists(home.resolve("tools/twin-training/pom.xml"))) {
      return List.of(launcher.toString());
    }
    throw new RefusedException(
        "This program was installed without the training tools, which a release does not carry. Run"
            + " ./twin retrain in a clone of the sources with --database, or name a command that"
            + " trains in twin.training.command.");
  }

  private Instant aliveUntil(Instant now) {
    return now.plus(settings.aliveEvery().multipliedBy(ALIVE_FOR));
  }

  /** What the process needs to know, on one line. */
  private String configuration() {
    Config wanted = ConfigFactory.empty();
    for (String path : List.of("twin.database", "twin.archive", "twin.types", "twin.read-side")) {
      if (config.hasPath(path)) {
        wanted = wanted.withValue(path, config.getValue(path));
      }
    }
    wanted =
        wanted
            .withValue(
                "twin.models.folder", ConfigValueFactory.fromAnyRef(folders.getFirst().toString()))
            .withValue(
                "twin.models.fetched-folder", ConfigValueFactory.fromAnyRef(models.toString()))
            .withValue(
                "twin.archive.folder",
                ConfigValueFactory.fromAnyRef(
                    home.resolve(config.getString("twin.archive.folder")).toString()));
    return wanted.root().render(ConfigRenderOptions.concise());
  }

  /** One training, from its beginning on. */
  private final class Running implements Run {
    private final TrainingRun row;
    private final Wanted wanted;
    private final List<String> command;
    private final CompletableFuture<JsonNode> report = new CompletableFuture<>();
    private final Cancellable alive;
    private @Nullable TrainingProcess process;
    private boolean cancelled;

    Running(TrainingRun row, Wanted wanted, List<String> command) {
      this.row = row;
      this.wanted = wanted;
      this.command = command;
      Duration every = settings.aliveEvery();
      running.add(this);
      this.alive =
          system
              .scheduler()
              .scheduleWithFixedDelay(
                  every,
                  every,
                  () -> {
                    var unused = table.alive(row.id(), aliveUntil(clock.instant()));
                  },
                  system.executionContext());
      Thread.ofPlatform().name("training").daemon().start(this::run);
    }

    private void run() {
      Path made = models.resolveSibling(UNFINISHED + row.id());
      try {
        log.info("training {} for {}", wanted.type(), wanted.by());
        JsonNode told = begun(made).report(settings.timeMax().toSeconds());
        if (told.path("outcome").asText().equals("trained")) {
          put(made, told);
        }
        boolean trained = told.path("outcome").asText().equals("trained");
        String why =
            String.join("; ", told.path("why").valueStream().map(JsonNode::asText).toList());
        ended(trained ? "trained" : "skipped", why, told);
        report.complete(told);
      } catch (InterruptedException | IOException | RuntimeException e) {
        String message = e.getMessage();
        String why =
            isCancelled()
                ? "somebody cancelled it, or its node stopped"
                : message == null ? e.toString() : message;
        ended(isCancelled() ? "cancelled" : "failed", why, null);
        report.completeExceptionally(new RefusedException(why));
      } finally {
        alive.cancel();
        running.remove(this);
        delete(made);
      }
    }

    private TrainingProcess begun(Path made) throws IOException {
      Files.createDirectories(models);
      deleteLeftBehind();
      List<String> whole = new ArrayList<>(command);
      whole.addAll(
          List.of(
              "retrain",
              wanted.type(),
              "--from=" + wanted.from(),
              "--to=" + wanted.to(),
              "--sample=" + wanted.sample(),
              "--seed=" + wanted.seed(),
              "--config=-",
              "--out=" + made,
              "--json"));
      synchronized (this) {
        if (cancelled) {
          throw new RefusedException("it was cancelled before it began");
        }
        TrainingProcess started =
            TrainingProcess.start(
                whole,
                Map.of("TWIN_JAVA_OPTS", "-Xmx" + settings.memoryMax()),
                configuration(),
                settings.logLinesMax());
        process = started;
        return started;
      }
    }

    /** What nodes that were killed have left: one training runs at a time, and this is it. */
    private void deleteLeftBehind() throws IOException {
      try (Stream<Path> beside = Files.list(models.resolveSibling(""))) {
        beside
            .filter(path -> path.getFileName().toString().startsWith(UNFINISHED))
            .forEach(TrainingRuns::delete);
      }
    }

    private void ended(String outcome, String detail, @Nullable JsonNode told) {
      log.info("training {}: {} {}", wanted.type(), outcome, detail);
      table
          .end(row.id(), clock.instant(), outcome, detail, told == null ? null : told.toString())
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  log.warn("how the training ended could not be written down", failure);
                }
              });
    }

    private synchronized boolean isCancelled() {
      return cancelled;
    }

    @Override
    public CompletionStage<JsonNode> report() {
      return report;
    }

    @Override
    public synchronized double progress() {
      return process == null ? 0 : process.progress();
    }

    @Override
    public synchronized List<String> log() {
      return process == null ? List.of() : process.log();
    }

    @Override
    public synchronized void cancel() {
      cancelled = true;
      if (process != null) {
        process.kill();
      }
    }

    /** Opens it as the twins will, which runs its golden cases, and puts it where bundles are. */
    private void put(Path made, JsonNode told) throws IOException {
      String version = told.at("/bundle/version").asText();
      Path place = models.resolve(wanted.type()).resolve(version);
      try {
        OnnxBundle.open(made, OnnxSettings.defaults()).close();
      } catch (OnnxException e) {
        throw new IOException("the new bundle is refused: " + e.getMessage(), e);
      }
      if (Files.exists(place)) {
        throw new FileAlreadyExistsException(
            place.toString(), null, "a bundle is never overwritten");
      }
      catalogue.pin(wanted.type(), wanted.by()).toCompletableFuture().join();
      Files.createDirectories(place.getParent());
      try {
        Files.move(made, place, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        copy(made, place);
      }
      log.info("{}:{} is there to be promoted", wanted.type(), version);
    }
  }

  /** The manifest comes last: without it there is no bundle. */
  private static void copy(Path made, Path place) throws IOException {
    Files.createDirectory(place);
    try (Stream<Path> files = Files.list(made)) {
      for (Path file :
          files
              .sorted(
                  Comparator.comparing(
                      file -> file.getFileName().toString().equals(BundleManifest.FILE)))
              .toList()) {
        Files.copy(file, place.resolve(file.getFileName()));
      }
    }
  }

  private static void delete(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      log.warn("{} could not be deleted", folder, e);
    }
  }
}
