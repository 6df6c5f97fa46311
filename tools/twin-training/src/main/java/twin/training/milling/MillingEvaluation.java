package twin.training.milling;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import twin.core.inference.Assessment;
import twin.core.inference.ModelSession;
import twin.core.machine.HealthRule;
import twin.core.machine.MachineState;
import twin.training.quality.BinaryFigures;
import twin.training.quality.Reliability;
import twin.training.replay.ReplayedTwins;

/**
 * How well a bundle does on recorded data, judged by what twins conclude from it.
 *
 * @param model the bundle
 * @param unassessed readings from which the twin concluded nothing; they count as no failure
 * @param figures of the decision that a failure is likely, against the recorded failures
 * @param brier mean squared error of the probability of failure
 * @param recallByMode for each failure mode the share of its rows with a likely failure; without
 *     the modes that did not occur
 */
public record MillingEvaluation(
    String model,
    int unassessed,
    BinaryFigures figures,
    double brier,
    Map<String, Double> recallByMode) {

  /**
   * Sends a recording through twins that the bundle decides for.
   *
   * @param data the recorded file
   * @param truth the file that says what came of each row; may be the same
   * @throws IllegalArgumentException when a file is not as expected
   */
  public static MillingEvaluation of(Path data, Path truth, ModelSession bundle)
      throws IOException {
    MillingRecording recording = MillingRecording.read(data, truth);
    List<MillingRow> rows = recording.rows();
    try (ReplayedTwins twins = ReplayedTwins.with(MillingRecording.TYPE, bundle)) {
      List<MachineState> states = recording.statesAfter(twins);
      double[] probabilities = new double[rows.size()];
      boolean[] likely = new boolean[rows.size()];
      boolean[] failed = new boolean[rows.size()];
      int unassessed = 0;
      for (int row = 0; row < failed.length; row++) {
        MachineState state = states.get(row);
        Assessment assessment = state.assessment();
        failed[row] = rows.get(row).failed();
        if (assessment == null || !assessment.hasFailureProbability()) {
          unassessed++;
        } else {
          probabilities[row] = assessment.failureProbability();
          likely[row] = !HealthRule.failureMode(state, assessment).isEmpty();
        }
      }
      return new MillingEvaluation(
          bundle.profile().ref().label(),
          unassessed,
          BinaryFigures.of(probabilities, likely, failed),
          Reliability.brier(probabilities, failed),
          recallByMode(rows, likely));
    }
  }

  private static Map<String, Double> recallByMode(List<MillingRow> rows, boolean[] likely) {
    Map<String, Double> recalls = new LinkedHashMap<>();
    for (String mode : MillingRecording.FAILURE_MODES.values()) {
      int occurred = 0;
      int found = 0;
      for (int row = 0; row < likely.length; row++) {
        if (rows.get(row).failureModes().contains(mode)) {
          occurred++;
          found += likely[row] ? 1 : 0;
        }
      }
      if (occurred > 0) {
        recalls.put(mode, found / (double) occurred);
      }
    }
    return recalls;
  }
}
