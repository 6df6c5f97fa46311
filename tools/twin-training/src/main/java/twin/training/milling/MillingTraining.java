package twin.training.milling;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import twin.training.quality.Folds;
import twin.training.quality.Reliability;

/**
 * Trains the milling machine's models and measures them on rows that they have not seen. The same
 * examples and seed give the same models.
 */
final class MillingTraining {
  static final int FOLDS = 6;

  private static final int RELIABILITY_BINS = 10;

  private final Examples examples;
  private final long seed;
  private final Consumer<String> progress;
  private final MillingFigures measure;
  private final Map<String, Map<String, Double>> figures = new LinkedHashMap<>();

  MillingTraining(Examples examples, long seed, Consumer<String> progress) {
    this.examples = examples;
    this.seed = seed;
    this.progress = progress;
    this.measure = new MillingFigures(examples, seed);
  }

  /**
   * What the training gives.
   *
   * @param file all models
   * @param threshold from which anomaly score on a row is anomalous
   * @param figures how good the models are, by name
   * @param reliability what came true of the probabilities of failure, blocks held out
   */
  @SuppressWarnings("ArrayRecordComponent") // Passed on once and never compared.
  record Trained(
      byte[] file,
      double threshold,
      Map<String, Map<String, Double>> figures,
      List<Reliability.Bin> reliability) {}

  Trained train() {
    Folds machines = Folds.blocked(examples.machines(), FOLDS, seed);
    measureFailures("shuffled", Folds.shuffled(examples.size(), FOLDS, seed));
    double[] blocked = measureFailures("blocked", Folds.blocked(examples.blocks(), FOLDS, seed));
    measureFailures("by_machine", machines);
    progress.accept("cross-validating the anomaly gate");
    double[] scores = AnomalyGate.heldOut(examples, machines, seed);
    double threshold = MillingFigures.rounded(AnomalyGate.threshold(examples, scores));
    figures.put("anomaly_by_machine", measure.ofGate(scores, threshold));
    progress.accept("cross-validating remaining useful life");
    figures.put("rul_by_machine", measure.ofRul(machines));
    progress.accept("training on all rows");
    return new Trained(
        MillingModel.train(examples, seed),
        threshold,
        figures,
        Reliability.bins(blocked, examples.failed(), RELIABILITY_BINS));
  }

  private double[] measureFailures(String how, Folds folds) {
    progress.accept("cross-validating failures, " + how);
    List<double[]> modes = new ArrayList<>();
    for (String mode : FailureModes.NAMES) {
      double[] probabilities = FailureModes.heldOut(examples, mode, folds, seed);
      figures.put(mode + "_" + how, MillingFigures.of(probabilities, examples.failedOf(mode)));
      modes.add(probabilities);
    }
    double[] any = FailureModes.any(modes);
    figures.put("failure_" + how, measure.ofFailures(any));
    figures.put("failure_" + how + "_recall_by_mode", measure.recallByMode(any));
    return any;
  }
}
