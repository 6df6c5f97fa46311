/** Tests of live streams. */
@NullMarked
package twin.http.live;

import org.jspecify.annotations.NullMarked;
