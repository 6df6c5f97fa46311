/**
 * What is happening on this node right now, for whoever watches: best effort, bounded, never
 * holding up a twin. Leans on {@code machine}.
 */
@NullMarked
package twin.core.live;

import org.jspecify.annotations.NullMarked;
