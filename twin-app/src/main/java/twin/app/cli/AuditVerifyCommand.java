package twin.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.app.JournalAudit;
import twin.app.NodeConfig;
import twin.core.audit.AuditProgress;
import twin.core.audit.AuditSettings;
import twin.core.audit.KeptSeals;
import twin.core.audit.Verification;
import twin.core.audit.VerifyingKey;
import twin.core.store.Database;
import twin.core.store.DatabaseSettings;
import twin.http.Json;
import twin.http.audit.AuditJson;

/** Chains, snapshots, archive and seals, checked by a running node or by this process itself. */
@Command(
    name = "verify",
    description = {
      "Checks each machine's chain of events, its snapshots, and what seals know of it.",
      "A running node does it, or with --config this process, which trusts no node.",
      "Exit status 0: everything is as it was recorded; 1: it is not."
    },
    mixinStandardHelpOptions = true)
final class AuditVerifyCommand implements Callable<Integer> {

  private static final Duration POLL_EVERY = Duration.ofMillis(250);
  private static final String RUNNING = "running";

  /** Newer ones prove all that older ones do, and a request has a bound. */
  private static final int SENT_MAX = 300;

  @Spec private CommandSpec spec;
  @Mixin private RunningNode node = new RunningNode();

  @Parameters(
      paramLabel = "MACHINE",
      arity = "0..1",
      description = "Only this machine (default: all).")
  private @Nullable String machine;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Reads the database of this configuration itself instead of asking a node.")
  private @Nullable Path config;

  @Option(
      names = "--seals",
      paramLabel = "FILE|DIR",
      description = "Seals that you have kept, lines of JSON or a folder (default: the node's).")
  private @Nullable Path seals;

  @Option(
      names = "--public-key",
      paramLabel = "FILE",
      description = "The one key that you trust to seal, in PEM (default: those beside the seals).")
  private @Nullable Path publicKey;

  @Option(names = "--json", description = "The outcome as one JSON document.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    try (Lifetime lifetime = Lifetime.ofThisProcess()) {
      Path file = config;
      Optional<JsonNode> result = file == null ? asked(lifetime) : checked(lifetime, file);
      if (result.isEmpty()) {
        return lifetime.exitStatus();
      }
      print(result.get());
      return result.get().path("verdict").asText().equals("whole")
          ? CommandLine.ExitCode.OK
          : CommandLine.ExitCode.SOFTWARE;
    }
  }

  /** Has a node do it; empty when it was cancelled. */
  private Optional<JsonNode> asked(Lifetime lifetime) throws IOException, InterruptedException {
    ObjectNode wanted = new ObjectMapper().createObjectNode();
    if (machine != null) {
      wanted.put("machine_id", machine);
    }
    Path kept = seals;
    if (kept != null) {
      wanted.put("seals", String.join("\n", KeptSeals.newest(kept, SENT_MAX)));
    }
    Path key = publicKey;
    if (key != null) {
      wanted.put("public_key", VerifyingKey.read(key).pem());
    }
    JsonNode job = node.post("/api/v1/audit/verify", wanted);
    String where = "/api/v1/jobs/" + job.path("job_id").asText();
    while (job.path("state").asText().equals(RUNNING)) {
      if (lifetime.hasEnded()) {
        node.delete(where);
        return Optional.empty();
      }
      lifetime.pause(POLL_EVERY);
      job = node.get(where);
      say(job.path("progress").asDouble());
    }
    if (!job.path("state").asText().equals("done")) {
      throw new RunningNode.Failed(
          "the check %s: %s".formatted(job.path("state").asText(), job.path("detail").asText()));
    }
    return Optional.of(job.path("result"));
  }

  /** Does it here; empty when it was cancelled. */
  private Optional<JsonNode> checked(Lifetime lifetime, Path file) throws Exception {
    if (!Files.isReadable(file)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--config %s cannot be read".formatted(file));
    }
    Config whole;
    try {
      whole = NodeConfig.with(ConfigFactory.parseFile(file.toFile()));
    } catch (ConfigException e) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--config %s: %s".formatted(file, e.getMessage()), e);
    }
    AuditSettings settings = AuditSettings.from(whole, NodeConfig::path);
    Path key = publicKey;
    List<VerifyingKey> trusted = key == null ? List.of() : List.of(VerifyingKey.read(key));
    Path given = seals;
    Optional<KeptSeals> kept =
        given == null
            ? KeptSeals.in(settings.folder(), trusted)
            : Optional.of(KeptSeals.at(given, trusted));
    AuditProgress progress = new AuditProgress();
    try (Database database = Database.openToRead(DatabaseSettings.from(whole))) {
      Verification verification =
          new Verification(
              JournalAudit.journal(whole, database, ForkJoinPool.commonPool()),
              kept.orElse(null),
              settings,
              progress);
      String one = machine;
      Function<Verification, Verification.Report> check =
          one == null ? Verification::all : each -> each.machine(one);
      // The common pool has few threads, and reads files of the archive meanwhile.
      CompletableFuture<Verification.Report> report = new CompletableFuture<>();
      Thread.ofPlatform()
          .name("audit")
          .daemon()
          .start(
              () -> {
                try {
                  report.complete(check.apply(verification));
                } catch (RuntimeException e) {
                  report.completeExceptionally(e);
                }
              });
      while (!report.isDone()) {
        lifetime.pause(POLL_EVERY);
        if (lifetime.hasEnded()) {
          progress.cancel();
          report.handle((done, failure) -> true).join();
          return Optional.empty();
        }
        say(progress.share());
      }
      return Optional.of(
          Json.MAPPER.readTree(Json.bytes(out -> AuditJson.write(out, get(report)))));
    }
  }

  private static Verification.Report get(CompletableFuture<Verification.Report> report) {
    if (report.isCompletedExceptionally()
        && report.exceptionNow() instanceof RuntimeException failure) {
      throw failure;
    }
    return report.join();
  }

  private void say(double share) {
    PrintWriter err = spec.commandLine().getErr();
    err.printf("twin: %d %%%n", Math.round(100 * share));
    err.flush();
  }

  private void print(JsonNode result) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(result);
      out.flush();
      return;
    }
    out.printf(
        "%d machines, %d events, %d snapshots; %d seals, %d sealed heads%n",
        result.path("machines").asLong(),
        result.path("events").asLong(),
        result.path("snapshots").asLong(),
        result.path("seals").asLong(),
        result.path("sealed_heads").asLong());
    if (!result.path("key_ids").isEmpty()) {
      out.printf(
          "sealed by key %s%n",
          String.join(", ", result.path("key_ids").valueStream().map(JsonNode::asText).toList()));
    }
    result.path("findings").forEach(each -> print(out, each));
    long all = 0;
    for (Map.Entry<String, JsonNode> each : result.path("counts").properties()) {
      all += each.getValue().asLong();
    }
    long told = result.path("findings").size();
    if (all > told) {
      out.printf("and %d more: %s%n", all - told, result.path("counts"));
    }
    result.path("notes").forEach(each -> out.println("note: " + each.asText()));
    out.println(
        result.path("verdict").asText().equals("whole")
            ? "everything is as it was recorded, as far as it was looked at"
            : "%d findings, %d machines are not as they were recorded"
                .formatted(all, result.path("broken_machines").asLong()));
    out.flush();
  }

  private static void print(PrintWriter out, JsonNode finding) {
    out.printf(
        "%s%s: %s: %s%n",
        finding.has("machine_id") ? finding.path("machine_id").asText() : "seals",
        finding.has("revision") ? " revision " + finding.path("revision").asLong() : "",
        finding.path("what").asText(),
        finding.path("detail").asText());
  }
}
