/**
 * The way of a reading into the twins: decoded, put on its machine's lane, recorded, and only then
 * acknowledged to where it came from; what cannot be a reading goes to the dead letters. Leans on
 * {@code twin.core}, on {@code twin.ingest.mqtt} and on {@code twin.ingest.kafka}.
 */
@NullMarked
package twin.ingest;

import org.jspecify.annotations.NullMarked;
