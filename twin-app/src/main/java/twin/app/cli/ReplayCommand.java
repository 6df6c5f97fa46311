package twin.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The past of a machine, computed again by a running node. */
@Command(
    name = "replay",
    description = {
      "Computes each recorded assessment of a machine again and compares;",
      "with --model, what another model would have said."
    },
    mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {

  private static final Duration POLL_EVERY = Duration.ofMillis(250);
  private static final String RUNNING = "running";

  @Spec private CommandSpec spec;
  @Mixin private RunningNode node = new RunningNode();

  @Parameters(paramLabel = "MACHINE", description = "The machine's id.")
  private String machine = "";

  @Option(names = "--from", paramLabel = "T", description = "From this reading time on (RFC 3339).")
  private @Nullable String from;

  @Option(names = "--to", paramLabel = "T", description = "Up to this reading time.")
  private @Nullable String to;

  @Option(
      names = "--model",
      paramLabel = "TYPE:VERSION",
      description = "What this bundle would have said, beside what was recorded.")
  private @Nullable String model;

  @Option(names = "--json", description = "The outcome as one JSON document.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    ObjectNode wanted = new ObjectMapper().createObjectNode();
    put(wanted, "from", from);
    put(wanted, "to", to);
    put(wanted, "model", model);
    String path = "/api/v1/machines/" + URLEncoder.encode(machine, StandardCharsets.UTF_8);
    JsonNode job = node.post(path + "/replay", wanted);
    URI where = URI.create("/api/v1/jobs/" + job.path("job_id").asText());
    try (Lifetime lifetime = Lifetime.ofThisProcess()) {
      while (job.path("state").asText().equals(RUNNING)) {
        if (lifetime.hasEnded()) {
          node.delete(where.toString());
          return lifetime.exitStatus();
        }
        lifetime.pause(POLL_EVERY);
        job = node.get(where.toString());
        say(job);
      }
    }
    JsonNode result = job.path("result");
    if (!job.path("state").asText().equals("done")) {
      throw new RunningNode.Failed(
          "the replay %s: %s".formatted(job.path("state").asText(), job.path("detail").asText()));
    }
    print(result);
    return result.path("verdict").asText().equals("differs")
        ? CommandLine.ExitCode.SOFTWARE
        : CommandLine.ExitCode.OK;
  }

  private static void put(ObjectNode into, String name, @Nullable String value) {
    if (value != null) {
      into.put(name, value);
    }
  }

  private void say(JsonNode job) {
    PrintWriter err = spec.commandLine().getErr();
    err.printf(Locale.ROOT, "twin: %.0f %%%n", 100 * job.path("progress").asDouble());
    err.flush();
  }

  private void print(JsonNode result) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(result);
    } else if (result.has("verdict")) {
      printAudit(out, result);
    } else {
      printWhatIf(out, result);
    }
    out.flush();
  }

  private static void printAudit(PrintWriter out, JsonNode result) {
    out.printf(
        Locale.ROOT,
        "%s, revisions %d to %d: %d readings, %d conclusions computed again, %d equal (%s)%n",
        result.path("machine_id").asText(),
        result.path("first_revision").asLong(),
        result.path("last_revision").asLong(),
        result.path("readings").asLong(),
        result.path("compared").asLong(),
        result.path("equal").asLong(),
        result.path("exactness").asText().equals("bits")
            ? "to the bit"
            : "within " + result.path("tolerance").asText());
    out.printf(
        "chain of events: %s%n",
        result.path("broken_links").asLong() == 0
            ? "whole"
            : result.path("broken_links").asLong() + " broken links");
    out.printf(
        "events missing: %d; snapshots compared: %d, summaries of periods: %d, wrong: %d%n",
        result.path("missing_events").asLong(),
        result.path("snapshots").asLong(),
        result.path("periods").asLong(),
        result.path("wrong_snapshots_and_periods").asLong());
    for (JsonNode each : result.path("unchecked")) {
      out.printf(
          "not checked: %d, %s%n", each.path("count").asLong(), each.path("reason").asText());
    }
    for (JsonNode each : result.path("differences")) {
      out.printf(
          "revision %d%s, %s: %s was recorded, %s comes out%n",
          each.path("revision").asLong(),
          each.has("index") ? " reading " + each.path("index").asInt() : "",
          each.path("what").asText(),
          each.path("recorded").asText(),
          each.path("computed").asText());
    }
  }

  private static void printWhatIf(PrintWriter out, JsonNode result) {
    out.printf(
        "%s: %d readings, %d judged by %s and by %s%n",
        result.path("machine_id").asText(),
        result.path("readings").asLong(),
        result.path("compared").asLong(),
        String.join(
            ", ", result.path("recorded_models").valueStream().map(JsonNode::asText).toList()),
        result.path("model").asText());
    JsonNode anomalous = result.path("anomalous");
    out.printf(
        "anomalous: %d as recorded, %d by the model, %d by both%n",
        anomalous.path("recorded").asLong(),
        anomalous.path("model").asLong(),
        anomalous.path("both").asLong());
    JsonNode alerts = result.path("alerts");
    out.printf(
        "alerts: %d the same, %d gained, %d lost, %d moved%n",
        alerts.path("same").asLong(),
        alerts.path("gained").size(),
        alerts.path("lost").size(),
        alerts.path("moved").size());
    alerts.path("gained").forEach(each -> print(out, "gained", each));
    alerts.path("lost").forEach(each -> print(out, "lost", each));
    for (JsonNode each : alerts.path("moved")) {
      out.printf(
          "moved: %s from %s to %s%n",
          each.at("/recorded/rule").asText(),
          each.at("/recorded/from").asText(),
          each.at("/model/from").asText());
    }
    JsonNode rul = result.path("rul_error");
    if (!rul.isMissingNode()) {
      out.printf(
          Locale.ROOT,
          "remaining life, root mean square error over %d lives: %.1f %s as recorded, %.1f by the"
              + " model%n",
          rul.path("lives").asLong(),
          rul.path("rmse_recorded").asDouble(),
          rul.path("unit").asText(),
          rul.path("rmse_model").asDouble());
    }
  }

  private static void print(PrintWriter out, String what, JsonNode alert) {
    out.printf(
        "%s: %s (%s), %s to %s%n",
        what,
        alert.path("rule").asText(),
        alert.path("severity").asText(),
        alert.path("from").asText(),
        alert.path("to").asText("the end"));
  }
}
