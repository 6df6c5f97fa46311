/**
 * The milling machine's recorded data, training and evaluation. It leans on {@code tree} and {@code
 * quality}, and on the twin itself for everything that is computed from a reading.
 */
@NullMarked
package twin.training.milling;

import org.jspecify.annotations.NullMarked;
