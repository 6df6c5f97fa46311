package twin.training.turbofan;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import twin.core.inference.Assessment;
import twin.core.inference.ModelSession;
import twin.training.quality.RulFigures;
import twin.training.quality.RulFigures.Prediction;
import twin.training.replay.ReplayedTwins;

/**
 * How well a bundle foretells the remaining life of recorded engines, judged by what their twins
 * conclude after the last recorded cycle.
 *
 * @param model the bundle
 * @param unassessed engines of whose remaining life the twin said nothing; they are in no figure
 * @param figures of the others
 */
public record TurbofanEvaluation(String model, int unassessed, RulFigures figures) {

  /**
   * Sends a recording through twins that the bundle decides for.
   *
   * @param data the recorded file
   * @param truth the file that says how many cycles remained for each engine, a line an engine
   * @throws IllegalArgumentException when a file is not as expected
   */
  public static TurbofanEvaluation of(Path data, Path truth, ModelSession bundle)
      throws IOException {
    TurbofanRecording recording = TurbofanRecording.read(data);
    List<Integer> remaining = TurbofanRecording.readTruth(truth);
    if (remaining.size() != recording.engines().size()) {
      throw new IllegalArgumentException(
          "%s tells of %d engines and %s has %d"
              .formatted(truth, remaining.size(), data, recording.engines().size()));
    }
    List<Prediction> predictions = new ArrayList<>();
    try (ReplayedTwins twins = ReplayedTwins.with(TurbofanRecording.TYPE, bundle)) {
      for (int i = 0; i < remaining.size(); i++) {
        Assessment last =
            twins.statesAfter(recording.engines().get(i).readings()).getLast().assessment();
        if (last != null && last.rulQuantiles() == Bands.OUTPUTS.size()) {
          predictions.add(new Prediction(last.rul(0), last.rul(1), last.rul(2), remaining.get(i)));
        }
      }
    }
    if (predictions.isEmpty()) {
      throw new IllegalArgumentException(
          "%s says nothing of the remaining life of any engine in %s"
              .formatted(bundle.profile().ref().label(), data));
    }
    return new TurbofanEvaluation(
        bundle.profile().ref().label(),
        remaining.size() - predictions.size(),
        RulFigures.of(predictions));
  }
}
