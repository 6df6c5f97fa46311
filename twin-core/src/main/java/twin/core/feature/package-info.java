/**
 * What is computed from a machine's readings: the window of the newest ones and the features over
 * it, the same code for a live twin, for training and for audits. Leans on {@code reading} and
 * {@code type}.
 */
@NullMarked
package twin.core.feature;

import org.jspecify.annotations.NullMarked;
