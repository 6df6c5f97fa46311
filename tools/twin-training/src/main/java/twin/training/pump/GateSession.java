package twin.training.pump;

import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;

/**
 * A gate that has not become a bundle yet, as twins can ask it. Its own thresholds are out of
 * reach: only those count that a twin finds itself.
 *
 * @param profile the names of its scores
 * @param scores the scores of a reading
 */
record GateSession(ModelProfile profile, Function<FeatureVector, float[]> scores)
    implements ModelSession {

  GateSession(String name, List<String> modalities, Function<FeatureVector, float[]> scores) {
    this(
        new ModelProfile(
            new ModelRef(PumpRecording.TYPE, name, "0".repeat(64)),
            modalities,
            Collections.nCopies(modalities.size(), Double.MAX_VALUE),
            List.of(),
            List.of(),
            FeatureExtractor.VERSION,
            "java"),
        scores);
  }

  @Override
  public List<ModelOutput> run(List<FeatureVector> readings) {
    return readings.stream()
        .map(
            reading ->
                new ModelOutput(scores.apply(reading), Float.NaN, new float[0], new float[0]))
        .toList();
  }
}
