/** Live streams of states and alerts. Leans on {@code twin.http} and {@code machine}. */
@NullMarked
package twin.http.live;

import org.jspecify.annotations.NullMarked;
