/**
 * The milling machine's recorded data, training and evaluation. It leans on the kinds of models and
 * on {@code quality}, and on replayed twins for everything that is computed from a reading.
 */
@NullMarked
package twin.training.milling;

import org.jspecify.annotations.NullMarked;
