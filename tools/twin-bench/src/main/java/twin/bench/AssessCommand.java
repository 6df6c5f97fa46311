package twin.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures one assessment and its parts, for each machine type that has a bundle. */
@Command(
    name = "assess",
    mixinStandardHelpOptions = true,
    description = {
      "Measures one assessment for each machine type that has a bundle: microseconds a reading for",
      "its features, the inference and the alert policy, and for all that a twin does with a"
          + " reading",
      "but for the database (decide, encode, apply)."
    })
final class AssessCommand implements Callable<Integer> {

  private static final List<String> PARTS = List.of("features", "inference", "policy");
  private static final String WHOLE = "whole";
  private static final int WARM_UPS = 3;
  private static final double SECONDS_MAX = 600;
  private static final int REPEATS_MAX = 100;

  /** What features, inference and policy together may cost a reading, in microseconds. */
  private static final Map<String, Double> LIMITS_US = Map.of("milling", 25.0, "turbofan", 150.0);

  @Spec private CommandSpec spec;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "Only this machine type; may be given several times.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Where the bundles are; without it, those of this program.")
  private @Nullable Path models;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "1",
      description = "How long a measurement takes; default ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(
      names = "--measurements",
      paramLabel = "N",
      defaultValue = "5",
      description = "How many count for each part, after three to warm up; default 5.")
  private int measurements;

  @Option(
      names = "--forks",
      paramLabel = "N",
      defaultValue = "1",
      description = "In how many processes one after another; 0 for this one. Default 1.")
  private int forks;

  @Option(names = "--json", description = "One JSON document.")
  private boolean json;

  /** Microseconds a reading, and half the width of the 99.9 % confidence interval. */
  private record Cost(double us, double error) {}

  private record Measured(String type, String model, Map<String, Cost> costs) {
    double ofParts() {
      return PARTS.stream().mapToDouble(part -> cost(part).us()).sum();
    }

    Cost cost(String part) {
      Cost cost = costs.get(part);
      if (cost == null) {
        throw new IllegalStateException("JMH did not measure " + part);
      }
      return cost;
    }
  }

  @Override
  public Integer call() throws RunnerException {
    check();
    Path folder = models == null ? Bundles.home() : models;
    List<Measured> measured = new ArrayList<>();
    for (Map.Entry<String, String> each : modelsByType(folder).entrySet()) {
      err()
          .printf(
              Locale.ROOT,
              "measuring %s, about %.0f s%n",
              each.getValue(),
              seconds * (WARM_UPS + measurements) * (PARTS.size() + 1) * Math.max(1, forks));
      measured.add(new Measured(each.getKey(), each.getValue(), measure(each.getKey(), folder)));
    }
    if (json) {
      printJson(measured);
    } else {
      printTable(measured);
    }
    return 0;
  }

  private void check() {
    if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
      throw new ParameterException(
          spec.commandLine(), "--seconds must be more than 0 and at most " + SECONDS_MAX);
    }
    if (measurements < 1 || measurements > REPEATS_MAX || forks < 0 || forks > REPEATS_MAX) {
      throw new ParameterException(
          spec.commandLine(),
          "--measurements must be 1 to %d and --forks 0 to %d".formatted(REPEATS_MAX, REPEATS_MAX));
    }
  }

  private Map<String, String> modelsByType(Path folder) {
    try (Bundles bundles = Bundles.open(folder)) {
      Map<String, String> models = new LinkedHashMap<>();
      for (String type : only.isEmpty() ? bundles.judgedTypes() : only) {
        models.put(type, bundles.sessionOf(type).profile().ref().label());
      }
      if (models.isEmpty()) {
        throw new IllegalArgumentException("no machine type has a bundle in " + folder);
      }
      return models;
    }
  }

  private Map<String, Cost> measure(String type, Path folder) throws RunnerException {
    TimeValue time = TimeValue.microseconds(Math.max(1, Math.round(seconds * 1e6)));
    Options options =
        new OptionsBuilder()
            .include("^" + Assessing.class.getName().replace(".", "\\.") + "\\.")
            .param("type", type)
            .param("folder", folder.toAbsolutePath().toString())
            .forks(forks)
            .warmupIterations(WARM_UPS)
            .warmupTime(time)
            .measurementIterations(measurements)
            .measurementTime(time)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build();
    Map<String, Cost> costs = new LinkedHashMap<>();
    for (RunResult run : new Runner(options).run()) {
      Result<?> result = run.getPrimaryResult();
      costs.put(result.getLabel(), new Cost(result.getScore(), result.getScoreError()));
    }
    return costs;
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }

  private void printTable(List<Measured> measured) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%-18s %14s %14s %14s %10s %8s %16s%n",
        "µs a reading", "features", "inference", "policy", "together", "limit", "whole decision");
    for (Measured each : measured) {
      Double limit = LIMITS_US.get(each.type());
      out.printf(
          Locale.ROOT,
          "%-18s %14s %14s %14s %10.2f %8s %16s%n",
          each.model(),
          shown(each.cost("features")),
          shown(each.cost("inference")),
          shown(each.cost("policy")),
          each.ofParts(),
          limit == null ? "–" : String.format(Locale.ROOT, "%.0f", limit),
          shown(each.cost(WHOLE)));
    }
  }

  private static String shown(Cost cost) {
    return Double.isFinite(cost.error())
        ? String.format(Locale.ROOT, "%.2f ± %.2f", cost.us(), cost.error())
        : String.format(Locale.ROOT, "%.2f", cost.us());
  }

  private void printJson(List<Measured> measured) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode document = mapper.createObjectNode();
    document.put("benchmark", "assess");
    document.put("unit", "us");
    document.put("java", Runtime.version().toString());
    document.put("processors", Runtime.getRuntime().availableProcessors());
    for (Measured each : measured) {
      ObjectNode item = document.withArray("items").addObject();
      item.put("machine_type", each.type());
      item.put("model", each.model());
      for (Map.Entry<String, Cost> cost : each.costs().entrySet()) {
        ObjectNode node = item.putObject(cost.getKey());
        node.put("us", cost.getValue().us());
        if (Double.isFinite(cost.getValue().error())) {
          node.put("error", cost.getValue().error());
        }
      }
      item.put("together", each.ofParts());
      Double limit = LIMITS_US.get(each.type());
      if (limit != null) {
        item.put("limit", limit);
      }
    }
    try {
      spec.commandLine().getOut().println(mapper.writeValueAsString(document));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
