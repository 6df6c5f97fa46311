/**
 * Joins all endpoints to one API. Leans on every other package of {@code twin.http}; none leans on
 * it.
 */
@NullMarked
package twin.http.api;

import org.jspecify.annotations.NullMarked;
