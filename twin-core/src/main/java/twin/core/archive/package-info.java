/**
 * Old events in compressed files, taken from the front of the journal when they have been verified,
 * and read as if they were still there. Leans on {@code store} and {@code machine}.
 */
@NullMarked
package twin.core.archive;

import org.jspecify.annotations.NullMarked;
