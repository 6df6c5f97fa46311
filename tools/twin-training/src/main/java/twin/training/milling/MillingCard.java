package twin.training.milling;

import java.nio.charset.StandardCharsets;
import twin.training.kind.KindsTable;
import twin.training.milling.MillingTraining.Trained;
import twin.training.quality.Reliability;

/** Writes the card that tells people what is in the bundle. */
final class MillingCard {

  private MillingCard() {}

  static byte[] write(String version, int rows, long seed, Trained trained) {
    StringBuilder card = new StringBuilder();
    card.append(
        """
        # milling:%s

        Models of the milling machine, trained from %,d rows of the %s.
        Seed %d. Every figure below was measured by the training on rows that the model measured
        had not seen; the bundle itself was then trained on all rows.

        ## What is in it

        All in one graph, `milling.onnx`:

        | part | what | how |
        |---|---|---|
        | anomaly | anomaly score, 0 to 1 | isolation forest, grown from rows without failure; 0.02 at their median and 0.5 at their 99.5 %% quantile |
        | failure_modes | probability of heat_dissipation, power, overstrain, tool_wear | gradient-boosted trees, one against the rest for each, from the quantities that cause it |
        | failure | probability of a failure | that any of the modes comes about, taken as independent |
        | rul | minutes of tool life that remain, p10, p50, p90 | gradient-boosted quantiles of the wear at which a tool ends, less the wear it has; sorted, never negative |

        A score of %s or more is anomalous: the 99.5 %% quantile of the scores of rows without
        failure, of machines that the forest had not seen. A failure is likely from a probability
        of %s on. The inputs are the channels of the reading and what follows from them by physics
        (temperature difference, power, wear times torque); the UDI, the product's number and the
        failure columns are never inputs, and no limit is written in: all are learned.

        ## Figures

        "By machine" holds out whole machines (stretches of 500 or 750 rows without a gap), so that
        no row has a neighbour in time among the training rows: the hardest of the three, and the
        nearest to a machine that nobody has seen. "Blocked" holds out blocks of 250 rows.
        "Shuffled" holds out single rows, as most published figures do. Intervals are the middle
        95 %% over samples of blocks of 250 rows, drawn with repetition. `./twin train milling` makes
        all of these figures. Published, with honest splits: F1 0.77 to 0.88, PR-AUC 0.78 to 0.91;
        the documented rules of the process alone have precision 1.0, recall 0.81, F1 0.90, and
        what is clearly above that has seen the answers.

        | measured | figure | value |
        |---|---|---|
        """
            .formatted(
                version,
                rows,
                MillingBundle.DATA,
                seed,
                trained.threshold(),
                MillingFigures.LIKELY));
    trained
        .figures()
        .forEach(
            (group, values) ->
                values.forEach(
                    (name, value) ->
                        card.append("| %s | %s | %s |\n".formatted(group, name, value))));
    card.append(
        """

        ## Do the probabilities mean what they say

        Probability of failure, blocks held out: what was predicted, and what came true.

        | from | to | rows | mean predicted | came true |
        |---|---|---|---|---|
        """);
    for (Reliability.Bin bin : trained.reliability()) {
      card.append(
          "| %.1f | %.1f | %d | %.3f | %.3f |\n"
              .formatted(bin.from(), bin.to(), bin.rows(), bin.predicted(), bin.observed()));
    }
    card.append(
        """

        ## Kinds of models

        Probability of a failure, blocks held out. Each of the other two kinds had one setting, while
        the shipped one was made with an eye on how the process fails; the network went 80 times over
        its rows. Microseconds are of one run of one row of this probability alone, on two shared
        cores. Made by `./twin compare milling --data FILE`.

        """);
    card.append(KindsTable.stored(MillingCard.class));
    card.append(
        """

        ## What to know before using it

        - Remaining life: the last tool of each machine is still in use when the recording stops.
          Its rows count as several, with ends spread over the observed ends beyond the wear it was
          last seen with (Efron's redistribution to the right); they are left out of the figures,
          because nobody knows their truth. A tool is replaced by plan or fails; both count as the
          end, and the data does not tell one from the other beforehand, so the interval is wide.
        - Failures of one mode come in bursts: nearly all heat dissipation failures of the recording
          happened on one machine. With that machine held out there is next to nothing to learn
          them from, which is what the figures by machine show for this mode; blocked figures
          depend on whether such a burst falls into one fold.
        - Tool wear failures happen at random between two wears, so most of them cannot be foretold.
        - The anomaly gate looks for rows that are unlike the rest as a whole. A single channel far
          off, with all others ordinary, may stay under its threshold.
        - The probabilities are those of the trees; the table above says how far they can be taken at
          their word.
        - A reading that lacks an input of a part gets no answer from that part.
        - The data is simulated. Another machine needs a bundle of its own.
        """);
    return card.toString().getBytes(StandardCharsets.UTF_8);
  }
}
