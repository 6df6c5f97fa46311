/** What could not be read, over HTTP. Leans on {@code twin.http}. */
@NullMarked
package twin.http.deadletter;

import org.jspecify.annotations.NullMarked;
