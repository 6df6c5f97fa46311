package twin.core.inference;

import java.util.List;
import twin.core.feature.FeatureVector;

/** A loaded bundle that can be asked. Safe for use by many threads. */
public interface ModelSession {

  /** The names behind the positions of its outputs. */
  ModelProfile profile();

  /**
   * How far its numbers may differ on another runtime or processor, relative to the greater of 1
   * and the number; 0 where they may not.
   */
  default double tolerance() {
    return 0;
  }

  /**
   * Runs the bundle's models on some readings in one call.
   *
   * @param readings features of each reading
   * @return one output for each reading, in order; the same bits as when asked one by one
   * @throws InferenceException when a model cannot be run
   */
  List<ModelOutput> run(List<FeatureVector> readings);

  /**
   * What each feature had to do with one number of the output, the greatest share first.
   *
   * @return nothing when the number could not be given or the model cannot tell
   * @throws InferenceException when a model cannot be run
   */
  default List<Contribution> explain(FeatureVector reading, Conclusion conclusion) {
    return List.of();
  }
}
