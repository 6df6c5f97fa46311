/**
 * From the bytes of a message to readings, or to faults that say how to mend them. Leans on {@code
 * twin.core} alone; every source leans on it.
 */
@NullMarked
package twin.ingest.codec;

import org.jspecify.annotations.NullMarked;
