/**
 * The way of a reading into the twins: decoded, put on its machine's lane, recorded, and only then
 * acknowledged to where it came from; what cannot be a reading goes to the dead letters. Leans on
 * {@code twin.core} and on the packages below this one.
 */
@NullMarked
package twin.ingest;

import org.jspecify.annotations.NullMarked;
