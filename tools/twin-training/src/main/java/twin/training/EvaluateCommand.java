package twin.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.core.inference.BundleManifest;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxSettings;
import twin.training.milling.MillingEvaluation;
import twin.training.pump.ProtocolFigures;
import twin.training.pump.PumpEvaluation;
import twin.training.quality.BinaryFigures;
import twin.training.quality.RulFigures;
import twin.training.turbofan.TurbofanEvaluation;

@Command(
    name = "evaluate",
    description = {
      "Runs recorded data through the twin's own logic and prints quality figures.",
      "recall_by_mode is the share of a failure mode's rows with a likely failure;",
      "far is the share of normal rows taken for anomalous, mar that of anomalous rows missed.",
      "turbofan: one prediction an engine, after its last cycle; --truth has the cycles that",
      "remained, a line an engine. The capped figures take truth and prediction as 125 where they",
      "are above it; the coverage counts truths under 125."
    },
    mixinStandardHelpOptions = true)
final class EvaluateCommand implements Callable<Integer> {
  private static final JsonMapper JSON = new JsonMapper();

  @Spec
  @SuppressWarnings("NullAway.Init") // Set by picocli before the command is called.
  private CommandSpec spec;

  @Parameters(paramLabel = "TYPE", description = "The machine type: milling, pump or turbofan.")
  @SuppressWarnings("NullAway.Init")
  private MachineKind type;

  @Option(
      names = "--data",
      required = true,
      description = "The recorded file, or for pump a folder of files.")
  @SuppressWarnings("NullAway.Init")
  private Path data;

  @Option(
      names = "--truth",
      description = "A file that says what came of each row, where the recorded file does not.")
  private @Nullable Path truth;

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      description = "The bundle (default: the newest of the type under --models).")
  private @Nullable Path bundle;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Where bundles are (default model-artifacts/models).")
  private Path models = Path.of("model-artifacts", "models");

  @Option(names = "--json", description = "Print one JSON document and nothing else.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    Path directory = bundle == null ? newestBundle() : bundle;
    try (OnnxBundle opened = OnnxBundle.open(directory, OnnxSettings.defaults())) {
      print(
          switch (type) {
            case milling ->
                answer(MillingEvaluation.of(data, truth == null ? data : truth, opened));
            case pump -> answer(PumpEvaluation.of(data, opened));
            case turbofan -> answer(TurbofanEvaluation.of(data, requiredTruth(), opened));
          });
    }
    return 0;
  }

  private Path newestBundle() throws IOException {
    Path ofType = models.resolve(type.name());
    if (Files.isDirectory(ofType)) {
      try (Stream<Path> versions = Files.list(ofType)) {
        Optional<Path> newest =
            versions
                .filter(version -> Files.isRegularFile(version.resolve(BundleManifest.FILE)))
                .max(Comparator.comparing(EvaluateCommand::versionNumbers, EvaluateCommand::order));
        if (newest.isPresent()) {
          return newest.get();
        }
      }
    }
    throw new IllegalArgumentException("there is no bundle in " + ofType + "; give --bundle DIR");
  }

  private static List<Integer> versionNumbers(Path directory) {
    return Stream.of(directory.getFileName().toString().split("[^0-9]+"))
        .filter(number -> !number.isEmpty())
        .map(Integer::valueOf)
        .toList();
  }

  private static int order(List<Integer> one, List<Integer> other) {
    for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
      int byNumber = one.get(i).compareTo(other.get(i));
      if (byNumber != 0) {
        return byNumber;
      }
    }
    return Integer.compare(one.size(), other.size());
  }

  private Path requiredTruth() {
    if (truth == null) {
      throw new IllegalArgumentException(
          "turbofan needs --truth FILE: the cycles that remained for each engine, a line an"
              + " engine");
    }
    return truth;
  }

  private static ObjectNode answer(TurbofanEvaluation evaluation) {
    RulFigures figures = evaluation.figures();
    ObjectNode answer = JSON.createObjectNode();
    answer.put("model", evaluation.model());
    answer.put("engines", figures.predictions());
    answer.put("unassessed", evaluation.unassessed());
    put(answer, "rmse", figures.rmse());
    put(answer, "rmse_capped_125", figures.rmseCapped());
    put(answer, "mae", figures.mae());
    put(answer, "phm08", figures.phm08());
    put(answer, "phm08_capped_125", figures.phm08Capped());
    put(answer, "coverage_p10_p90", figures.coverage());
    put(answer, "mean_band_width", figures.meanBandWidth());
    return answer;
  }

  private static ObjectNode answer(MillingEvaluation evaluation) {
    BinaryFigures figures = evaluation.figures();
    ObjectNode answer = JSON.createObjectNode();
    answer.put("model", evaluation.model());
    answer.put("rows", figures.rows());
    answer.put("unassessed", evaluation.unassessed());
    put(answer, "accuracy", figures.accuracy());
    put(answer, "precision", figures.precision());
    put(answer, "recall", figures.recall());
    put(answer, "f1", figures.f1());
    put(answer, "roc_auc", figures.rocAuc());
    put(answer, "pr_auc", figures.prAuc());
    put(answer, "mcc", figures.mcc());
    put(answer, "brier", evaluation.brier());
    ObjectNode byMode = answer.putObject("recall_by_mode");
    evaluation.recallByMode().forEach((mode, recall) -> put(byMode, mode, recall));
    return answer;
  }

  private static ObjectNode answer(PumpEvaluation evaluation) {
    ObjectNode answer = JSON.createObjectNode();
    answer.put("model", evaluation.model());
    put(answer.putObject("pooled"), evaluation.pooled());
    ObjectNode files = answer.putObject("files");
    evaluation.files().forEach((name, figures) -> put(files.putObject(name), figures));
    evaluation.leftOut().forEach(answer.putArray("without_labels")::add);
    return answer;
  }

  private static void put(ObjectNode into, ProtocolFigures figures) {
    put(into, "f1", figures.f1());
    put(into, "far", figures.falseAlarmRate());
    put(into, "mar", figures.missedAlarmRate());
    into.put("rows", figures.rows());
    into.put("anomalous_rows", figures.anomalousRows());
    into.put("unassessed", figures.unassessed());
  }

  private void print(ObjectNode answer) throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JSON.writeValueAsString(answer));
    } else {
      answer.properties().forEach(figure -> out.println(figure.getKey() + " " + figure.getValue()));
    }
    out.flush();
  }

  /** A figure that is not defined for this data is null: JSON has no NaN. */
  private static void put(ObjectNode into, String name, double figure) {
    if (Double.isNaN(figure)) {
      into.putNull(name);
    } else {
      into.put(name, figure);
    }
  }
}
