/** Work that takes longer than a request: started, watched, cancelled, and asked for its result. */
@NullMarked
package twin.http.job;

import org.jspecify.annotations.NullMarked;
