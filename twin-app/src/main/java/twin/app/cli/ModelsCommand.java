package twin.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Model bundles: of a running node, of its folder, and of the registry. */
@Command(
    name = "models",
    description = {
      "Lists model bundles and chooses between them, through a running node.",
      "pull, push and verify need no node: they copy between this program's folder and the registry"
          + " that its configuration names, and check what is there."
    },
    mixinStandardHelpOptions = true,
    subcommands = {
      ModelsCommand.ListBundles.class,
      ModelsCommand.Promote.class,
      ModelsCommand.Shadow.class,
      ModelsCommand.Rollback.class,
      ModelsCommand.Sync.class,
      ModelCopying.Pull.class,
      ModelCopying.Push.class,
      ModelCopying.Verify.class
    })
final class ModelsCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "say what to do, for example ./twin models list");
  }

  private static String path(String label, String action, CommandSpec spec) {
    String[] parts = label.split(":", -1);
    if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "a bundle is named TYPE:VERSION, such as milling:1.0.0, not '%s'".formatted(label));
    }
    return "/api/v1/models/%s/%s/%s"
        .formatted(RunningNode.segment(parts[0]), RunningNode.segment(parts[1]), action);
  }

  /** For whom, and why. */
  static final class Meant {

    @Option(
        names = "--machines",
        split = ",",
        paramLabel = "ID",
        description = "Only for these machines, separated by commas. Default: for all of the type.")
    private List<String> machines = List.of();

    @Option(names = "--reason", description = "Why; it is kept with the change.")
    private @Nullable String reason;

    ObjectNode body() {
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      if (!machines.isEmpty()) {
        ArrayNode ids = body.putArray("machines");
        machines.forEach(ids::add);
      }
      if (reason != null) {
        body.put("reason", reason);
      }
      return body;
    }
  }

  private static int tell(CommandSpec spec, JsonNode choice) {
    PrintWriter out = spec.commandLine().getOut();
    String type = choice.path("type").asText();
    if (choice.has("champion")) {
      out.printf("%s:%s decides", type, choice.path("champion").asText());
    } else {
      out.printf("the built-in gate decides for %s", type);
    }
    if (choice.has("shadow")) {
      out.printf(", %s:%s in its shadow", type, choice.path("shadow").asText());
    }
    if (choice.has("probation_until")) {
      out.printf(", on probation until %s", choice.path("probation_until").asText());
    }
    out.println();
    for (JsonNode machine : choice.path("machines")) {
      out.printf(
          "%s: %s%s%n",
          machine.path("machine_id").asText(),
          machine.has("champion") ? type + ":" + machine.path("champion").asText() : "as its type",
          machine.has("shadow")
              ? ", %s in its shadow".formatted(machine.path("shadow").asText())
              : "");
    }
    out.flush();
    return CommandLine.ExitCode.OK;
  }

  /** What there is. */
  @Command(
      name = "list",
      description =
          "Lists the bundles, where they are, which of them decide, and which cannot be used.",
      mixinStandardHelpOptions = true)
  static final class ListBundles implements Callable<Integer> {

    @Mixin private RunningNode node;

    @Option(names = "--json", description = "The list as one JSON document.")
    private boolean json;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
      PrintWriter out = spec.commandLine().getOut();
      JsonNode list = node.get("/api/v1/models");
      if (json) {
        out.println(list);
        out.flush();
        return CommandLine.ExitCode.OK;
      }
      out.printf("%-28s %-10s %-16s %-10s %s%n", "bundle", "", "where", "rows", "sha256");
      for (JsonNode bundle : list.path("items")) {
        String part =
            bundle.has("trouble")
                ? "refused"
                : bundle.path("champion").asBoolean()
                    ? "decides"
                    : bundle.path("shadow").asBoolean() ? "shadow" : "";
        out.printf(
            "%-28s %-10s %-16s %-10s %s%n",
            bundle.path("model").asText(),
            part,
            String.join("+", bundle.path("places").valueStream().map(JsonNode::asText).toList()),
            bundle.at("/training/rows").asText(),
            bundle.has("trouble")
                ? bundle.path("trouble").asText()
                : bundle.path("sha256").asText());
      }
      if (list.at("/registry").has("trouble")) {
        out.printf(
            "what is in %s is not known: %s%n",
            list.at("/registry/place").asText(), list.at("/registry/trouble").asText());
      }
      out.flush();
      return CommandLine.ExitCode.OK;
    }
  }

  /** Another champion. */
  @Command(
      name = "promote",
      description = {
        "Lets a bundle decide; the champion before goes into its shadow for a while.",
        "Twins take it over with their machines' next readings."
      },
      mixinStandardHelpOptions = true)
  static final class Promote implements Callable<Integer> {

    @Parameters(paramLabel = "TYPE:VERSION", description = "The bundle.")
    private String label;

    @Mixin private Meant meant;
    @Mixin private RunningNode node;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
      return tell(spec, node.post(path(label, "promote", spec), meant.body()));
    }
  }

  /** An opinion beside the champion's. */
  @Command(
      name = "shadow",
      description = "Records a bundle's opinion beside the champion's; it is never acted on.",
      mixinStandardHelpOptions = true)
  static final class Shadow implements Callable<Integer> {

    @Parameters(paramLabel = "TYPE:VERSION", description = "The bundle.")
    private String label;

    @Option(names = "--off", description = "Not any more.")
    private boolean off;

    @Mixin private Meant meant;
    @Mixin private RunningNode node;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
      String path = path(label, "shadow", spec);
      return tell(spec, off ? node.delete(path, meant.body()) : node.post(path, meant.body()));
    }
  }

  /** The champion before. */
  @Command(
      name = "rollback",
      description = "Lets the champion before decide again.",
      mixinStandardHelpOptions = true)
  static final class Rollback implements Callable<Integer> {

    @Parameters(paramLabel = "TYPE", description = "The machine type.")
    private String type;

    @Mixin private Meant meant;
    @Mixin private RunningNode node;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
      return tell(
          spec,
          node.post(
              "/api/v1/models/%s/rollback".formatted(RunningNode.segment(type)), meant.body()));
    }
  }

  /** What the registry has and the node lacks. */
  @Command(
      name = "sync",
      description = {
        "Has a running node fetch what the registry has and its folder lacks.",
        "What decides goes on deciding. Exit status 1: a bundle was refused."
      },
      mixinStandardHelpOptions = true)
  static final class Sync implements Callable<Integer> {

    private static final Duration POLL_EVERY = Duration.ofMillis(250);

    @Mixin private RunningNode node;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
      try (Lifetime lifetime = Lifetime.ofThisProcess()) {
        JsonNode job = node.post("/api/v1/models/sync", JsonNodeFactory.instance.objectNode());
        String where = "/api/v1/jobs/" + job.path("job_id").asText();
        while (job.path("state").asText().equals("running")) {
          lifetime.pause(POLL_EVERY);
          if (lifetime.hasEnded()) {
            node.delete(where);
            return lifetime.exitStatus();
          }
          job = node.get(where);
        }
        if (!job.path("state").asText().equals("done")) {
          throw new RunningNode.Failed(
              "the sync %s: %s".formatted(job.path("state").asText(), job.path("detail").asText()));
        }
        PrintWriter out = spec.commandLine().getOut();
        JsonNode result = job.path("result");
        result.path("fetched").forEach(each -> out.println("fetched " + each.asText()));
        result
            .path("refused")
            .forEach(
                each ->
                    out.printf(
                        "refused %s: %s%n",
                        each.path("model").asText(), each.path("reason").asText()));
        if (result.path("fetched").isEmpty() && result.path("refused").isEmpty()) {
          out.printf("everything in %s is here%n", result.path("registry").asText());
        }
        out.flush();
        return result.path("refused").isEmpty()
            ? CommandLine.ExitCode.OK
            : CommandLine.ExitCode.SOFTWARE;
      }
    }
  }
}
