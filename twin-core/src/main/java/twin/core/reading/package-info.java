/**
 * What a machine said at one moment: as it was submitted, and as it is recorded, with the quality
 * of each value and its identity among the machine's other readings. Leans on {@code type}.
 */
@NullMarked
package twin.core.reading;

import org.jspecify.annotations.NullMarked;
