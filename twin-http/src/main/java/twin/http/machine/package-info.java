/** Machines, their types, their state and their history over HTTP. Leans on {@code twin.http}. */
@NullMarked
package twin.http.machine;

import org.jspecify.annotations.NullMarked;
