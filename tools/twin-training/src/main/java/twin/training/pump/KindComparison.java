package twin.training.pump;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import twin.core.feature.Baseline;
import twin.core.feature.FeatureVector;
import twin.core.machine.MachineState;
import twin.training.component.PrincipalComponents;
import twin.training.kind.KindsTable;
import twin.training.onnx.OnnxGraph;
import twin.training.onnx.Served;
import twin.training.replay.ReplayedTwins;

/**
 * Several kinds of gates side by side: each is trained on the run free of anomalies, written as
 * ONNX, and measured on the labelled files through twins that find their own thresholds.
 */
public final class KindComparison {
  private static final int READINGS = 30;
  private static final double FALSE_ALARMS_MAX = 0.2;

  /** The type's own factor, and others beside it: a kind must not lose by the wrong one. */
  private static final double[] FACTORS = {1.75, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.4, 1.55, 2};

  /** A gate: its file, the names of its scores, and what of a twin goes into a row. */
  @SuppressWarnings("ArrayRecordComponent") // Written once and never compared.
  private record Kind(
      String name, List<String> modalities, byte[] file, Function<MachineState, float[]> row) {}

  private KindComparison() {}

  /**
   * Trains and measures all kinds.
   *
   * @param data a folder with a run free of anomalies and with labelled files
   * @param seed from which every random choice follows
   * @param progress told what is being done
   * @return tables in Markdown: the kinds, and the first of them by factor
   */
  public static String of(Path data, long seed, Consumer<String> progress) throws IOException {
    List<PumpRecording> recordings = PumpRecording.readAll(data);
    List<PumpRecording> labelled = recordings.stream().filter(PumpRecording::labelled).toList();
    progress.accept("letting twins live through the run free of anomalies");
    NormalRun normal = NormalRun.of(recordings, StandardisedGate::scores);
    KindsTable table =
        new KindsTable(3, "F1", "false alarms", "missed", "best F1 under 20 % false alarms");
    List<List<ProtocolFigures>> ofFirst = List.of();
    for (Kind kind : kinds(normal, seed, progress)) {
      progress.accept("measuring " + kind.name());
      List<List<ProtocolFigures>> figures = measured(kind, labelled);
      ProtocolFigures own = ProtocolFigures.pooled(figures.getFirst());
      table.add(
          kind.name(),
          kind.file(),
          own.f1(),
          own.falseAlarmRate(),
          own.missedAlarmRate(),
          bestF1(figures));
      ofFirst = ofFirst.isEmpty() ? figures : ofFirst;
    }
    return table + "\n" + byFactor(ofFirst);
  }

  private static List<Kind> kinds(NormalRun normal, long seed, Consumer<String> progress) {
    List<String> modalities = StandardisedGate.modalities();
    progress.accept("training a principal component analysis");
    float[][] terms = rows(normal, state -> StandardisedGate.terms(ReplayedTwins.features(state)));
    Kind standardised =
        new Kind(
            "level and spread against the machine's own commissioning (shipped)",
            modalities,
            StandardisedGate.file(),
            state -> StandardisedGate.row(ReplayedTwins.features(state)));
    Kind analysis =
        new Kind(
            "principal components of the same numbers, T² and Q",
            List.of("t2", "q"),
            components(PrincipalComponents.of(terms)),
            state -> StandardisedGate.terms(ReplayedTwins.features(state)));
    progress.accept("training a dense autoencoder");
    Kind dense =
        new Kind(
            "dense autoencoder of the same numbers (10, 5, 10)",
            modalities,
            told(Autoencoder.dense(terms, new int[] {10, 5, 10}, seed), progress)
                .file(StandardisedGate.termModalities(), modalities.size()),
            state -> StandardisedGate.terms(ReplayedTwins.features(state)));
    progress.accept("training a convolutional autoencoder");
    float[][] courses = rows(normal, KindComparison::course);
    int channels = normal.type().channels().size();
    int[] groups =
        IntStream.range(0, READINGS * channels)
            .map(column -> StandardisedGate.modalityOf(normal.type(), column % channels))
            .toArray();
    Kind convolutional =
        new Kind(
            "convolutional autoencoder of the last 30 standardised readings",
            modalities,
            told(Autoencoder.convolutional(courses, READINGS, new int[] {16, 8}, seed), progress)
                .file(groups, modalities.size()),
            KindComparison::course);
    return List.of(standardised, analysis, dense, convolutional);
  }

  private static Autoencoder told(Autoencoder trained, Consumer<String> progress) {
    progress.accept(
        String.format(
            Locale.ROOT,
            "it loses %.3f of the mean square of what it was trained on",
            trained.shareLost()));
    return trained;
  }

  private static float[][] rows(NormalRun normal, Function<MachineState, float[]> row) {
    return normal.states().stream().map(row).toArray(float[][]::new);
  }

  /** The last readings in the terms of the machine's own baseline; NaN while there are too few. */
  private static float[] course(MachineState state) {
    FeatureVector features = ReplayedTwins.features(state);
    int channels = StandardisedGate.CHANNELS;
    float[] row = new float[READINGS * channels];
    int first = features.window().size() - READINGS;
    for (int channel = 0; channel < channels; channel++) {
      Baseline baseline = state.calibration().soFar(features.columns().get(channel));
      for (int i = 0; i < READINGS; i++) {
        row[i * channels + channel] =
            baseline == null || first < 0
                ? Float.NaN
                : (float)
                    ((features.window().value(first + i, channel) - baseline.mean())
                        / baseline.scale());
      }
    }
    return row;
  }

  /** T² along the components that carry nine tenths of the variance, Q across the others. */
  private static byte[] components(PrincipalComponents analysis) {
    int width = analysis.mean().length;
    int kept = analysis.carrying(0.9);
    float[] mean = new float[width];
    float[] along = new float[width * kept];
    float[] across = new float[width * width];
    for (int i = 0; i < width; i++) {
      mean[i] = (float) analysis.mean()[i];
      for (int k = 0; k < kept; k++) {
        along[i * kept + k] =
            (float) (analysis.components()[k][i] / Math.sqrt(kept * analysis.variances()[k]));
      }
      for (int j = 0; j < width; j++) {
        double projected = i == j ? 1 : 0;
        for (int k = 0; k < kept; k++) {
          projected -= analysis.components()[k][i] * analysis.components()[k][j];
        }
        across[i * width + j] = (float) (projected / Math.sqrt(width));
      }
    }
    OnnxGraph graph = new OnnxGraph(width);
    String centred = graph.difference(graph.input(), graph.constant(mean, 1, width));
    String t2 = squares(graph, centred, graph.constant(along, width, kept));
    String q = squares(graph, centred, graph.constant(across, width, width));
    return graph.write(graph.node("Sqrt", List.of(graph.beside(List.of(t2, q)))), 2);
  }

  private static String squares(OnnxGraph graph, String rows, String directions) {
    String turned = graph.node("MatMul", List.of(rows, directions));
    return graph.node("ReduceSum", List.of(graph.product(turned, turned), graph.integers(1)));
  }

  /** Figures of a kind: for each factor those of each file. */
  private static List<List<ProtocolFigures>> measured(Kind kind, List<PumpRecording> labelled) {
    try (Served gate = new Served(kind.file())) {
      List<List<float[]>> scores = labelled.stream().map(file -> scores(kind, gate, file)).toList();
      return Arrays.stream(FACTORS)
          .mapToObj(factor -> figures(kind, labelled, scores, factor))
          .toList();
    }
  }

  private static double bestF1(List<List<ProtocolFigures>> figures) {
    return figures.stream()
        .map(ProtocolFigures::pooled)
        .filter(each -> each.falseAlarmRate() < FALSE_ALARMS_MAX)
        .mapToDouble(ProtocolFigures::f1)
        .max()
        .orElse(Double.NaN);
  }

  private static String three(ProtocolFigures figures) {
    return String.format(
        Locale.ROOT,
        "%.3f | %.3f | %.3f",
        figures.f1(),
        figures.falseAlarmRate(),
        figures.missedAlarmRate());
  }

  /** How much hangs on the factor, and what it gives when a file has no say in its own. */
  private static String byFactor(List<List<ProtocolFigures>> figures) {
    List<String> table = new ArrayList<>();
    table.add("| factor of the shipped kind | F1 | false alarms | missed |");
    table.add("|---|---|---|---|");
    IntStream.range(0, FACTORS.length)
        .boxed()
        .sorted(Comparator.comparing(i -> FACTORS[i]))
        .forEach(
            i ->
                table.add(
                    "| %s | %s |"
                        .formatted(FACTORS[i], three(ProtocolFigures.pooled(figures.get(i))))));
    table.add(
        "| for each file the best of the other files | %s |"
            .formatted(three(ProtocolFigures.pooled(leftOut(figures)))));
    return String.join("\n", table) + "\n";
  }

  /** Each file under the factor that does best on all other files. */
  private static List<ProtocolFigures> leftOut(List<List<ProtocolFigures>> figures) {
    List<ProtocolFigures> chosen = new ArrayList<>();
    for (int file = 0; file < figures.getFirst().size(); file++) {
      int best = 0;
      double bestF1 = -1;
      for (int factor = 0; factor < figures.size(); factor++) {
        List<ProtocolFigures> others = new ArrayList<>(figures.get(factor));
        others.remove(file);
        double f1 = ProtocolFigures.pooled(others).f1();
        if (f1 > bestF1) {
          bestF1 = f1;
          best = factor;
        }
      }
      chosen.add(figures.get(best).get(file));
    }
    return chosen;
  }

  /** What a gate says of each row of a file. */
  private static List<float[]> scores(Kind kind, Served gate, PumpRecording file) {
    try (ReplayedTwins twins = ReplayedTwins.withoutModels(PumpRecording.TYPE)) {
      return twins.statesAfter(file.readings()).stream()
          .map(state -> gate.run(kind.row().apply(state)))
          .toList();
    }
  }

  /** What twins make of these scores whose thresholds are so many times the greatest score. */
  private static List<ProtocolFigures> figures(
      Kind kind, List<PumpRecording> labelled, List<List<float[]>> scores, double factor) {
    Config changes =
        ConfigFactory.empty().withValue("thresholds.factor", ConfigValueFactory.fromAnyRef(factor));
    List<ProtocolFigures> files = new ArrayList<>();
    for (int i = 0; i < labelled.size(); i++) {
      Iterator<float[]> next = scores.get(i).iterator();
      GateSession session = new GateSession("compared", kind.modalities(), features -> next.next());
      try (ReplayedTwins twins = ReplayedTwins.with(PumpRecording.TYPE, changes, session)) {
        files.add(PumpEvaluation.judged(labelled.get(i), twins));
      }
    }
    return files;
  }
}
