package twin.training.turbofan;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import twin.training.onnx.Matrix;
import twin.training.onnx.Served;
import twin.training.quality.Bootstrap;
import twin.training.quality.Folds;
import twin.training.quality.RulFigures;
import twin.training.quality.RulFigures.Prediction;
import twin.training.sequence.PyTorch;
import twin.training.turbofan.RulModel.Effort;
import twin.training.turbofan.RulModel.Kind;

/**
 * Trains the turbofan's model and measures it on engines that it has not seen, each stopped at
 * random moments. The same lives and seed give the same model.
 */
final class RulTraining {
  static final int FOLDS = 5;
  static final int CUTS_A_LIFE = 8;

  private static final String ALL = "all";
  private static final int RESAMPLES = 1000;

  private final EngineLives lives;
  private final Effort effort;
  private final long seed;
  private final Consumer<String> progress;

  RulTraining(EngineLives lives, Effort effort, long seed, Consumer<String> progress) {
    this.lives = lives;
    this.effort = effort;
    this.seed = seed;
    this.progress = progress;
  }

  /**
   * What the training gives.
   *
   * @param model the model
   * @param bands what its estimates stand for
   * @param figures how good it is on engines that it had not seen, by file
   * @param kinds root mean square error, capped, of each kind of model, by kind and file
   */
  record Trained(
      RulModel model,
      Bands bands,
      Map<String, Map<String, Double>> figures,
      Map<Kind, Map<String, Double>> kinds) {}

  Trained train() {
    List<Cut> cuts = Cut.ofEach(lives.lives(), CUTS_A_LIFE, seed);
    int[] ofLife = IntStream.range(0, lives.lives().size()).toArray();
    if (ofLife.length < FOLDS || cuts.isEmpty()) {
      throw new IllegalArgumentException(
          "%d engines are too few, or too short, for a cross-validation of %d folds"
              .formatted(ofLife.length, FOLDS));
    }
    PyTorch.seed(seed);
    Folds folds = Folds.blocked(ofLife, FOLDS, seed);
    Map<Kind, double[]> estimates = heldOutEstimates(cuts, folds);
    double[] both = estimates.getOrDefault(Kind.BOTH, new double[0]);
    List<Prediction> predictions = heldOutPredictions(cuts, both, folds);
    progress.accept("training on all engines");
    RulModel model = RulModel.train(lives, chosen(ofLife), effort, seed, progress);
    return new Trained(
        model,
        Bands.fit(both, truths(cuts)),
        figures(cuts, predictions),
        kinds(cuts, IntStream.range(0, cuts.size()).toArray(), estimates));
  }

  private Map<Kind, double[]> heldOutEstimates(List<Cut> cuts, Folds folds) {
    Map<Kind, double[]> estimates = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      estimates.put(kind, new double[cuts.size()]);
    }
    for (int fold = 0; fold < folds.count(); fold++) {
      progress.accept("cross-validating, fold %d of %d".formatted(fold + 1, folds.count()));
      RulModel model = RulModel.train(lives, chosen(folds.trainedOn(fold)), effort, seed, progress);
      int[] heldOut = ofFold(cuts, folds, fold);
      Matrix rows = rows(cuts, heldOut);
      estimates.forEach(
          (kind, into) -> {
            float[] answers = Served.run(model.estimates(kind), rows);
            for (int i = 0; i < heldOut.length; i++) {
              into[heldOut[i]] = answers[i];
            }
          });
      progress.accept("  held out, RMSE capped: " + kinds(cuts, heldOut, estimates));
    }
    return estimates;
  }

  /** The bands too are found from other engines than those that they are measured on. */
  private List<Prediction> heldOutPredictions(List<Cut> cuts, double[] estimates, Folds folds) {
    double[] truths = truths(cuts);
    Prediction[] predictions = new Prediction[cuts.size()];
    for (int fold = 0; fold < folds.count(); fold++) {
      int held = fold;
      int[] others =
          IntStream.range(0, cuts.size())
              .filter(i -> folds.foldOfRow()[cuts.get(i).life()] != held)
              .toArray();
      Bands bands = Bands.fit(select(estimates, others), select(truths, others));
      for (int i : ofFold(cuts, folds, fold)) {
        predictions[i] = bands.around(estimates[i], truths[i]);
      }
    }
    return List.of(predictions);
  }

  private static int[] ofFold(List<Cut> cuts, Folds folds, int fold) {
    return IntStream.range(0, cuts.size())
        .filter(i -> folds.foldOfRow()[cuts.get(i).life()] == fold)
        .toArray();
  }

  private Matrix rows(List<Cut> cuts, int[] chosen) {
    int columns = lives.layout().columns();
    float[] rows = new float[chosen.length * columns];
    for (int i = 0; i < chosen.length; i++) {
      Cut cut = cuts.get(chosen[i]);
      lives.write(cut.life(), cut.row(), rows, i * columns);
    }
    return new Matrix(rows, chosen.length, columns);
  }

  private double[] truths(List<Cut> cuts) {
    return cuts.stream()
        .mapToDouble(cut -> lives.lives().get(cut.life()).remaining(cut.row()))
        .toArray();
  }

  private String file(Cut cut) {
    return lives.lives().get(cut.life()).engine().file();
  }

  private Map<String, Map<String, Double>> figures(List<Cut> cuts, List<Prediction> predictions) {
    Map<String, List<Integer>> byFile = new TreeMap<>();
    for (int i = 0; i < cuts.size(); i++) {
      byFile.computeIfAbsent(file(cuts.get(i)), key -> new ArrayList<>()).add(i);
    }
    Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
    byFile.forEach((file, in) -> figures.put(file, figures(cuts, predictions, in)));
    figures.put(ALL, figures(cuts, predictions, chosen(IntStream.range(0, cuts.size()).toArray())));
    return figures;
  }

  private Map<String, Double> figures(
      List<Cut> cuts, List<Prediction> predictions, List<Integer> in) {
    RulFigures figures = RulFigures.of(in.stream().map(predictions::get).toList());
    int[] engines = in.stream().mapToInt(i -> cuts.get(i).life()).toArray();
    Bootstrap drawn = new Bootstrap(engines, RESAMPLES, seed);
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("engines", (double) IntStream.of(engines).distinct().count());
    named.put("predictions", (double) figures.predictions());
    named.put("rmse_capped_125", rounded(figures.rmseCapped()));
    interval(
        named, "rmse_capped_125", drawn.of(sample -> of(predictions, in, sample).rmseCapped()));
    named.put("rmse", rounded(figures.rmse()));
    interval(named, "rmse", drawn.of(sample -> of(predictions, in, sample).rmse()));
    named.put("mae", rounded(figures.mae()));
    named.put("phm08_capped_125_a_prediction", rounded(figures.phm08Capped() / in.size()));
    named.put("coverage_p10_p90", rounded(figures.coverage()));
    interval(named, "coverage_p10_p90", drawn.of(sample -> of(predictions, in, sample).coverage()));
    named.put("mean_band_width", rounded(figures.meanBandWidth()));
    return named;
  }

  private static RulFigures of(List<Prediction> predictions, List<Integer> in, int[] sample) {
    return RulFigures.of(IntStream.of(sample).mapToObj(i -> predictions.get(in.get(i))).toList());
  }

  private static void interval(Map<String, Double> into, String name, Bootstrap.Interval interval) {
    into.put(name + "_from", rounded(interval.low()));
    into.put(name + "_to", rounded(interval.high()));
  }

  private Map<Kind, Map<String, Double>> kinds(
      List<Cut> cuts, int[] chosen, Map<Kind, double[]> estimates) {
    double[] truths = truths(cuts);
    Map<Kind, Map<String, Double>> kinds = new EnumMap<>(Kind.class);
    estimates.forEach(
        (kind, of) -> {
          Map<String, List<Prediction>> byFile = new TreeMap<>();
          List<Prediction> all = new ArrayList<>();
          for (int i : chosen) {
            Prediction each = new Prediction(of[i], of[i], of[i], truths[i]);
            byFile.computeIfAbsent(file(cuts.get(i)), key -> new ArrayList<>()).add(each);
            all.add(each);
          }
          Map<String, Double> named = new LinkedHashMap<>();
          byFile.forEach((file, in) -> named.put(file, rounded(RulFigures.of(in).rmseCapped())));
          named.put(ALL, rounded(RulFigures.of(all).rmseCapped()));
          kinds.put(kind, named);
        });
    return kinds;
  }

  private static double[] select(double[] of, int[] chosen) {
    return IntStream.of(chosen).mapToDouble(i -> of[i]).toArray();
  }

  private static List<Integer> chosen(int[] positions) {
    return IntStream.of(positions).boxed().toList();
  }

  private static double rounded(double figure) {
    return Math.round(figure * 1e3) / 1e3;
  }
}
