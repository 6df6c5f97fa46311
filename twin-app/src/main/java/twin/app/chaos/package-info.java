/**
 * A cluster of real processes under load and faults, and what was lost. Leans on {@code cluster}
 * and {@code embedded}.
 */
@NullMarked
package twin.app.chaos;

import org.jspecify.annotations.NullMarked;
