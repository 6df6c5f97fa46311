package twin.core.store;

import java.util.List;

/**
 * The next changes of alerts behind a place.
 *
 * @param reached up to where all have been looked at: the place to go on from
 * @param more whether there may be more behind it already
 */
public record AlertSteps(List<AlertStep> steps, CoarseOffset reached, boolean more) {
  public AlertSteps {
    steps = List.copyOf(steps);
  }
}
