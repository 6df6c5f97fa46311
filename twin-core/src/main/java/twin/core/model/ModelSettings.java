package twin.core.model;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How bundles are chosen and watched.
 *
 * @param lookEvery how often a node looks for what was chosen through another one
 * @param choicesMax for how many machines there may be a choice of their own
 * @param probation how long a new champion is watched beside the one before it
 * @param judgedMin how many readings it must have judged before it can be taken back
 * @param failuresMax the greatest share of its runs that may fail
 * @param slowdownMax how many times the time of the one before a reading may take it
 * @param disagreementMax the greatest share of readings that it may judge otherwise than the one
 *     before
 */
public record ModelSettings(
    Duration lookEvery,
    int choicesMax,
    Duration probation,
    long judgedMin,
    double failuresMax,
    double slowdownMax,
    double disagreementMax) {

  public ModelSettings {
    if (lookEvery.isZero() || lookEvery.isNegative() || choicesMax < 0 || judgedMin < 1) {
      throw new IllegalArgumentException(
          "twin.models.look-every must be above 0, choices-max 0 or more, judged-min 1 or more");
    }
    if (failuresMax < 0 || slowdownMax < 1 || disagreementMax < 0) {
      throw new IllegalArgumentException(
          "twin.models.failures-max and disagreement-max must be 0 or more, slowdown-max 1 or"
              + " more");
    }
  }

  /** The settings under {@code twin.models}. */
  public static ModelSettings of(Config config) {
    return new ModelSettings(
        config.getDuration("look-every"),
        config.getInt("choices-max"),
        config.getDuration("probation"),
        config.getLong("judged-min"),
        config.getDouble("failures-max"),
        config.getDouble("slowdown-max"),
        config.getDouble("disagreement-max"));
  }
}
