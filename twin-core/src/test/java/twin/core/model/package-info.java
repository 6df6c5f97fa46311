/** Which bundle decides, tried against a database. */
@NullMarked
package twin.core.model;

import org.jspecify.annotations.NullMarked;
