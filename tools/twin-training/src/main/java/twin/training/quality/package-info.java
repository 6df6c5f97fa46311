/**
 * Measures how good predictions are: folds for cross-validation and the figures of merit. It knows
 * scores and labels, and nothing of what they stand for.
 */
@NullMarked
package twin.training.quality;

import org.jspecify.annotations.NullMarked;
