/**
 * Trains any machine type's models from what its twins have lived through, and compares them with
 * those that decide now. It leans on {@code twin.training.lived} and on the kinds of models, and
 * knows no machine type by name.
 */
@NullMarked
package twin.training.retrain;

import org.jspecify.annotations.NullMarked;
