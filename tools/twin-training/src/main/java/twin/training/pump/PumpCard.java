package twin.training.pump;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Writes the card that tells people what is in the bundle. */
final class PumpCard {

  /** What {@code ./twin compare pump} printed; its times are of one machine on one day. */
  private static final String KINDS = "kinds.md";

  private PumpCard() {}

  static String write(
      String version,
      long seed,
      PumpEvaluation evaluation,
      ProtocolFigures quiet,
      NormalRun normal,
      Map<String, Double> thresholds) {
    StringBuilder card = new StringBuilder();
    card.append(
        """
        # pump:%s

        The anomaly gate of a pump, trained without labels from a run of the water-circulation testbed
        of the %s.
        The data is not part of this project; what is here was computed from it.

        ## What is in it

        | modality | sensors | what is looked at |
        |---|---|---|
        | `vibration` | both accelerometers | level and spread over 30 readings |
        | `electrical` | current, voltage | level and spread over 30 readings |
        | `hydraulic` | pressure, flow rate | level and spread over 30 readings |
        | `thermal` | temperature, thermocouple | mean of 60 readings less the mean of 300 |

        Level is the mean less the mean of the machine's own commissioning, in standard deviations of
        that time; spread is the standard deviation as a multiple of it, less one. The score of a
        modality is the root of the mean square of its numbers. `gate.onnx` computes all four in one
        run. A machine without the sensors of a modality is judged by the others.

        A twin commissions itself on its first 400 readings and judges nothing meanwhile. The threshold
        of a modality is 1.75 times the greatest score of the second half of that time. From then on it
        follows the mean of what is normal with a time constant of 300 readings, between 0.7 and 4 times
        itself, and stands still during an anomaly and while an anomaly alert is active. All of this is
        in the block `pump` of the machine types.

        The run free of anomalies served as %d machines, each commissioned anew: the thresholds below
        are the middle ones of theirs, and hold only where a machine cannot find its own. %s.

        | modality | threshold |
        |---|---|
        """
            .formatted(
                version,
                PumpBundle.DATA,
                normal.stretches().size(),
                percent(quiet.falseAlarmRate())
                    + " of their readings after commissioning were taken for anomalous: the run is"
                    + " a testbed that warms up, harder than a machine at work"));
    thresholds.forEach((name, threshold) -> card.append("| %s | %s |\n".formatted(name, threshold)));
    if (!evaluation.files().isEmpty()) {
      figures(card, evaluation, seed);
    }
    card.append(
        """

        ## Kinds of gates

        Each kind was trained on the same run, served as ONNX, and measured on the same labelled files
        through twins that find their own thresholds with the factor 1.75; the column after shows what
        another factor could have made of it. Microseconds are of one run of one row, on two shared
        cores. The table was made by `./twin compare pump --data DIR`.

        """);
    card.append(kinds());
    card.append(
        """

        What was learned from the one normal run carries over badly to machines in another state; what
        each machine learns of itself carries. So the plainest gate is shipped.

        ## What it cannot do

        - It knows what is unlike the commissioning, not what is wrong, nor why. A machine that is
          commissioned with a fault takes the fault for normal.
        - Changes of operation (another speed, another valve setting) look like anomalies.
        - Anything slower than its adaptation, wear over weeks for instance, is followed up to four
          times the threshold and only then told.
        - Thresholds rest on 200 readings: a restless commissioning makes a machine deaf. The file with
          the lowest F1 above shows it.
        - A temperature that rises for longer than five minutes and then stays high is told while it
          rises, not while it stays.
        - The settings were chosen on the labelled files above, which are all of one kind of fault (a
          valve that is closed), so the figures are not of unseen data. Other faults will be found less
          well, or better; the interval says nothing of that.
        - It gives no remaining life.
        """);
    return card.toString();
  }

  private static void figures(StringBuilder card, PumpEvaluation evaluation, long seed) {
    ProtocolFigures pooled = evaluation.pooled();
    card.append(
        """

        ## Figures

        The protocol of the benchmark: each file is a machine, its first 400 rows are its commissioning,
        the rest is judged, and the rows of all files are pooled. The gate was never trained on these
        files; no label is used except to count. In brackets the middle 95 %% when whole files are drawn
        anew, with replacement (seed %d).

        | %d files, %,d rows | |
        |---|---|
        | F1 | %s |
        | false alarms | %s |
        | missed | %s |

        The command that gives these figures: `./twin evaluate pump --data FOLDER --json`.

        | published, over all 34 files of the benchmark | F1 |
        |---|---|
        | convolutional autoencoder | 0.78 |
        | MSET | 0.78 |
        | T² and Q of principal components | 0.76 |
        | LSTM autoencoder | 0.74 |
        | isolation forest | 0.29 |

        | file | F1 | false alarms | missed |
        |---|---|---|---|
        """
            .formatted(
                seed,
                evaluation.files().size(),
                pooled.rows(),
                with(evaluation, ProtocolFigures::f1, seed),
                with(evaluation, ProtocolFigures::falseAlarmRate, seed),
                with(evaluation, ProtocolFigures::missedAlarmRate, seed)));
    evaluation
        .files()
        .forEach(
            (name, file) ->
                card.append(
                    "| %s | %s | %s | %s |\n"
                        .formatted(
                            name,
                            three(file.f1()),
                            three(file.falseAlarmRate()),
                            three(file.missedAlarmRate()))));
  }

  private static String with(
      PumpEvaluation evaluation, ToDoubleFunction<ProtocolFigures> figure, long seed) {
    double[] interval = evaluation.interval(figure, seed);
    return "%s (%s to %s)"
        .formatted(
            three(figure.applyAsDouble(evaluation.pooled())),
            three(interval[0]),
            three(interval[1]));
  }

  private static String three(double figure) {
    return String.format(Locale.ROOT, "%.3f", figure);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }

  private static String kinds() {
    try (InputStream in = PumpCard.class.getResourceAsStream(KINDS)) {
      if (in == null) {
        throw new IllegalStateException("the table " + KINDS + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
