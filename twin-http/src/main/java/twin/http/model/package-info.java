/** Model bundles over HTTP: which there are to choose from. Leans on {@code twin.http}. */
@NullMarked
package twin.http.model;

import org.jspecify.annotations.NullMarked;
