/**
 * Twins that sleep are woken when the clock has something to say to them, once for the cluster.
 * Leans on {@code store} and {@code machine}.
 */
@NullMarked
package twin.core.deadline;

import org.jspecify.annotations.NullMarked;
