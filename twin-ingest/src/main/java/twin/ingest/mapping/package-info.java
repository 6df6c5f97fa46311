/**
 * Reads other devices' JSON as a mapping file says, without code: where the machine, the time and
 * each channel are. Leans on {@code twin.ingest.codec}, and gives what the codec gives.
 */
@NullMarked
package twin.ingest.mapping;

import org.jspecify.annotations.NullMarked;
