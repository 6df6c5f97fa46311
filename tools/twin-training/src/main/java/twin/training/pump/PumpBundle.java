package twin.training.pump;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.Input;
import twin.core.inference.BundleManifest.Training;
import twin.core.inference.GoldenAnswers;
import twin.training.bundle.BundleFolder;
import twin.training.bundle.GoldenCase;
import twin.training.bundle.ManifestEntries;
import twin.training.onnx.Served;

/** Trains the pump's anomaly gate from recordings and writes it as a bundle. */
public final class PumpBundle {
  static final String DATA =
      "Skoltech Anomaly Benchmark (SKAB) v0.9, I. Katser and V. Kozitsin, GPL-3.0,"
          + " DOI 10.34740/KAGGLE/DSV/1693952";
  static final double TOLERANCE = 1e-5;

  private static final int GOLDEN_ROWS = 24;

  private PumpBundle() {}

  /**
   * Trains and writes a bundle. The same data, version and seed give the same bytes.
   *
   * @param data a folder with a run free of anomalies, which has no column that says so, and with
   *     labelled files, which serve to measure the gate and for nothing else
   * @param directory where the bundle goes; absent or empty
   * @param seed from which the intervals of the figures are drawn; the gate takes no chances
   * @param progress told what is being done
   * @throws IllegalArgumentException when the data is not as expected
   */
  public static void train(
      Path data, Path directory, String version, long seed, Consumer<String> progress)
      throws IOException {
    BundleFolder.requireEmpty(directory);
    progress.accept("reading " + data);
    List<PumpRecording> recordings = PumpRecording.readAll(data);
    progress.accept("letting twins live through the run free of anomalies");
    NormalRun normal = NormalRun.of(recordings, StandardisedGate::scores);
    byte[] gate = StandardisedGate.file();
    try (Served served = new Served(gate)) {
      normal.features().forEach(features -> requireEqual(features, served));
      Map<String, Double> thresholds = new TreeMap<>();
      for (int i = 0; i < StandardisedGate.modalities().size(); i++) {
        thresholds.put(StandardisedGate.modalities().get(i), rounded(normal.threshold(i)));
      }
      progress.accept("measuring the gate on the labelled files");
      List<PumpRecording> labelled = recordings.stream().filter(PumpRecording::labelled).toList();
      GateSession session =
          new GateSession(
              version,
              StandardisedGate.modalities(),
              features -> served.run(StandardisedGate.row(features)));
      PumpEvaluation evaluation = PumpEvaluation.of(labelled, session);
      ProtocolFigures quiet = normal.judged(session);
      Map<String, byte[]> files = new LinkedHashMap<>();
      files.put(StandardisedGate.FILE, gate);
      files.put(BundleManifest.GOLDEN_FILE, golden(normal, served).write());
      files.put(
          "CARD.md",
          PumpCard.write(version, seed, evaluation, quiet, normal, thresholds)
              .getBytes(StandardCharsets.UTF_8));
      BundleManifest manifest =
          new BundleManifest(
              PumpRecording.TYPE,
              version,
              FeatureExtractor.VERSION,
              inputs(normal),
              List.of(),
              StandardisedGate.parts(),
              thresholds,
              TOLERANCE,
              new Training(DATA, digest(recordings), normal.rows(), seed),
              figures(evaluation, quiet),
              ManifestEntries.files(files));
      progress.accept("opening the bundle as the twin will");
      BundleFolder.write(directory, manifest, files);
    }
  }

  private static void requireEqual(FeatureVector features, Served served) {
    Served.requireEqual(
        "the gate",
        served.run(StandardisedGate.row(features)),
        StandardisedGate.scores(features),
        TOLERANCE);
  }

  private static List<Input> inputs(NormalRun normal) {
    return StandardisedGate.inputs().stream()
        .map(name -> ManifestEntries.input(normal.type(), name, usual(normal, name)))
        .toList();
  }

  private static double[] usual(NormalRun normal, String name) {
    return normal.features().stream().mapToDouble(features -> features.get(name)).toArray();
  }

  private static GoldenAnswers golden(NormalRun normal, Served served) {
    List<GoldenAnswers.Case> cases = new ArrayList<>();
    List<FeatureVector> all = normal.features();
    for (int i = 0; i < GOLDEN_ROWS; i++) {
      FeatureVector features = all.get((int) ((long) i * (all.size() - 1) / (GOLDEN_ROWS - 1)));
      SequencedMap<String, Double> inputs = new LinkedHashMap<>();
      StandardisedGate.inputs().forEach(name -> inputs.put(name, features.get(name)));
      cases.add(GoldenCase.of(served, StandardisedGate.parts(), inputs));
    }
    return new GoldenAnswers(cases);
  }

  /** One digest for all files that were read, by name. */
  private static String digest(List<PumpRecording> recordings) {
    return BundleFolder.sha256(
        recordings.stream()
            .map(recording -> recording.sha256() + "  " + recording.name() + "\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode figures(PumpEvaluation evaluation, ProtocolFigures quiet) {
    ObjectNode figures = JsonNodeFactory.instance.objectNode();
    if (!evaluation.files().isEmpty()) {
      ObjectNode labelled = figures.putObject("labelled_files");
      labelled.put("files", evaluation.files().size());
      labelled.put("rows", evaluation.pooled().rows());
      labelled.put("f1", rounded(evaluation.pooled().f1()));
      labelled.put("far", rounded(evaluation.pooled().falseAlarmRate()));
      labelled.put("mar", rounded(evaluation.pooled().missedAlarmRate()));
    }
    figures.putObject("run_free_of_anomalies").put("far", rounded(quiet.falseAlarmRate()));
    return figures;
  }

  static double rounded(double figure) {
    return Math.round(figure * 1e4) / 1e4;
  }
}
