/**
 * Carries records from Kafka into the program, committed in their order and only once they are
 * durable, and out again to a topic of dead letters what cannot be recorded. It knows nothing of
 * readings and leans on no other package of Twin.
 */
@NullMarked
package twin.ingest.kafka;

import org.jspecify.annotations.NullMarked;
