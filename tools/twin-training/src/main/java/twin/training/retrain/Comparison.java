package twin.training.retrain;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import twin.training.lived.Examples;
import twin.training.quality.BinaryFigures;
import twin.training.quality.Bootstrap;
import twin.training.quality.Reliability;

/**
 * How good bundles are on the readings that were held aside, and which of two is better. Truth is
 * that a failure was near. The rows of a machine are drawn together in the bootstrap, or those of a
 * machine's day where there are few machines.
 */
final class Comparison {
  private static final int ROUNDS = 400;
  private static final int MACHINES_MIN = 8;
  private static final int DAY_SECONDS = 86_400;
  private static final int HOUR_SECONDS = 3_600;
  private static final double HOURS = 24;
  private static final int BINS = 10;

  private final Examples held;
  private final boolean[] truth;
  private final long seed;

  Comparison(Examples held, long seed) {
    this.held = held;
    this.seed = seed;
    this.truth = new boolean[held.size()];
    for (int row = 0; row < truth.length; row++) {
      truth[row] = !held.mode(row).isEmpty();
    }
  }

  /** The figures of a bundle by name; one that is not defined is left out. */
  Map<String, Double> figures(Opinions opinions) {
    Map<String, Double> figures = new LinkedHashMap<>();
    double[] risk = new double[truth.length];
    double[] ratio = new double[truth.length];
    double[] probability = new double[truth.length];
    boolean[] alarm = new boolean[truth.length];
    int unassessed = 0;
    for (int row = 0; row < truth.length; row++) {
      boolean silent = Float.isNaN(opinions.risk(row));
      unassessed += silent ? 1 : 0;
      risk[row] = silent ? -1 : opinions.risk(row);
      probability[row] = silent ? 0 : opinions.risk(row);
      ratio[row] = Float.isNaN(opinions.ratio(row)) ? -1 : opinions.ratio(row);
      alarm[row] = opinions.alarm(row);
    }
    BinaryFigures binary = BinaryFigures.of(risk, alarm, truth);
    put(figures, "rows", truth.length);
    put(figures, "unassessed", unassessed);
    put(figures, "precision", binary.precision());
    put(figures, "recall", binary.recall());
    put(figures, "f1", binary.f1());
    put(figures, "roc_auc", binary.rocAuc());
    put(figures, "pr_auc", binary.prAuc());
    if (opinions.classifies()) {
      put(figures, "brier", Reliability.brier(probability, truth));
    }
    if (Arrays.stream(ratio).anyMatch(each -> each >= 0)) {
      BinaryFigures anomaly = BinaryFigures.of(ratio, 1.0, truth);
      put(figures, "anomaly_pr_auc", anomaly.prAuc());
      put(figures, "anomaly_recall", anomaly.recall());
    }
    put(figures, "false_alarms_a_machine_day", falseAlarmsADay(opinions));
    int[] ended = ended(opinions);
    if (ended.length > 0) {
      put(figures, "rul_rows", ended.length);
      put(figures, "rul_mae", lifeError(opinions, ended));
      put(
          figures,
          "rul_rmse",
          Math.sqrt(
              Arrays.stream(ended)
                  .mapToDouble(row -> Math.pow(opinions.remaining(row) - held.remaining(row), 2))
                  .average()
                  .orElse(Double.NaN)));
    }
    return figures;
  }

  private static void put(Map<String, Double> figures, String name, double figure) {
    if (!Double.isNaN(figure)) {
      figures.put(name, Math.round(1e4 * figure) / 1e4);
    }
  }

  /** How often an alarm begins while all is well, for each day of a machine. */
  private double falseAlarmsADay(Opinions opinions) {
    Set<Long> hours = new HashSet<>();
    long begun = 0;
    boolean before = false;
    for (int row = 0; row < truth.length; row++) {
      if (row > 0 && held.machine(row) != held.machine(row - 1)) {
        before = false;
      }
      boolean now = opinions.alarm(row);
      if (!truth[row]) {
        hours.add(held.seconds(row) / HOUR_SECONDS * held.machines() + held.machine(row));
        begun += now && !before ? 1 : 0;
      }
      before = now;
    }
    return begun * HOURS / hours.size();
  }

  private int[] ended(Opinions opinions) {
    return held.rows(
        row -> !Float.isNaN(held.remaining(row)) && !Float.isNaN(opinions.remaining(row)));
  }

  private double lifeError(Opinions opinions, int[] rows) {
    return Arrays.stream(rows)
        .mapToDouble(row -> Math.abs(opinions.remaining(row) - held.remaining(row)))
        .average()
        .orElse(Double.NaN);
  }

  /** Whether probabilities of failure came true as often as they say. */
  List<Reliability.Bin> reliability(Opinions opinions) {
    double[] probability = new double[truth.length];
    for (int row = 0; row < truth.length; row++) {
      probability[row] = Float.isNaN(opinions.risk(row)) ? 0 : opinions.risk(row);
    }
    return Reliability.bins(probability, truth, BINS);
  }

  /** Which is better: by the area under precision over recall, else by remaining life. */
  ObjectNode better(Opinions champion, Opinions challenger) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    long failing = IntStream.range(0, truth.length).filter(row -> truth[row]).count();
    int[] ended = held.rows(row -> isEnded(champion, row) && isEnded(challenger, row));
    Bootstrap.Interval interval;
    double difference;
    if (failing > 0 && failing < truth.length) {
      int[] championRanks = ranks(champion);
      int[] challengerRanks = ranks(challenger);
      ToDoubleFunction<int[]> gain =
          rows -> prAuc(challengerRanks, rows) - prAuc(championRanks, rows);
      answer.put("figure", "pr_auc");
      difference = gain.applyAsDouble(IntStream.range(0, truth.length).toArray());
      interval = bootstrap(IntStream.range(0, truth.length).toArray(), gain);
    } else if (ended.length > 0) {
      ToDoubleFunction<int[]> gain =
          rows -> lifeError(champion, rows) - lifeError(challenger, rows);
      answer.put("figure", "rul_mae");
      difference = gain.applyAsDouble(ended);
      interval =
          bootstrap(
              ended,
              sample -> gain.applyAsDouble(Arrays.stream(sample).map(i -> ended[i]).toArray()));
    } else {
      answer.put("better", "undecided");
      answer.put("why", "nothing that was held aside tells good from bad: no failure was near");
      return answer;
    }
    answer.put("gain", Math.round(1e4 * difference) / 1e4);
    answer.put("gain_95_low", Math.round(1e4 * interval.low()) / 1e4);
    answer.put("gain_95_high", Math.round(1e4 * interval.high()) / 1e4);
    answer.put(
        "better",
        interval.low() > 0 ? "challenger" : interval.high() < 0 ? "champion" : "undecided");
    return answer;
  }

  private boolean isEnded(Opinions opinions, int row) {
    return !Float.isNaN(held.remaining(row)) && !Float.isNaN(opinions.remaining(row));
  }

  private Bootstrap.Interval bootstrap(int[] rows, ToDoubleFunction<int[]> figure) {
    int[] groups = new int[rows.length];
    Map<Long, Integer> numbers = new LinkedHashMap<>();
    for (int i = 0; i < rows.length; i++) {
      long day = held.machines() >= MACHINES_MIN ? 0 : held.seconds(rows[i]) / DAY_SECONDS;
      Integer number =
          numbers.putIfAbsent(day * held.machines() + held.machine(rows[i]), numbers.size());
      groups[i] = number == null ? numbers.size() - 1 : number;
    }
    return new Bootstrap(groups, ROUNDS, seed)
        .of(
            sample -> {
              double found = figure.applyAsDouble(sample);
              return Double.isNaN(found) ? 0 : found;
            });
  }

  /** For each row how many different risks are greater. */
  private int[] ranks(Opinions opinions) {
    float[] rising = new float[truth.length];
    for (int row = 0; row < rising.length; row++) {
      rising[row] = risk(opinions, row);
    }
    float[] risks = rising.clone();
    Arrays.sort(rising);
    int distinct = 0;
    for (int i = 0; i < rising.length; i++) {
      if (i == 0 || rising[i] != rising[distinct - 1]) {
        rising[distinct++] = rising[i];
      }
    }
    int[] ranks = new int[risks.length];
    for (int row = 0; row < ranks.length; row++) {
      ranks[row] = distinct - 1 - Arrays.binarySearch(rising, 0, distinct, risks[row]);
    }
    return ranks;
  }

  private static float risk(Opinions opinions, int row) {
    return Float.isNaN(opinions.risk(row)) ? -1 : opinions.risk(row);
  }

  /** The same as {@link BinaryFigures#prAuc()}, without sorting each sample anew. */
  private double prAuc(int[] ranks, int[] rows) {
    int most = 0;
    for (int row : rows) {
      most = Math.max(most, ranks[row]);
    }
    int[] all = new int[most + 1];
    int[] yes = new int[most + 1];
    double positives = 0;
    for (int row : rows) {
      all[ranks[row]]++;
      yes[ranks[row]] += truth[row] ? 1 : 0;
      positives += truth[row] ? 1 : 0;
    }
    double area = 0;
    double hits = 0;
    double seen = 0;
    for (int rank = 0; rank <= most; rank++) {
      seen += all[rank];
      hits += yes[rank];
      area += yes[rank] == 0 ? 0 : yes[rank] / positives * hits / seen;
    }
    return positives == 0 ? Double.NaN : area;
  }
}
