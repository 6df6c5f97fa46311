/** Steering a simulator that runs in the same process. Leans on {@code twin.http}. */
@NullMarked
package twin.http.simulation;

import org.jspecify.annotations.NullMarked;
