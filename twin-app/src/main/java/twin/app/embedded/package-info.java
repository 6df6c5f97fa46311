/**
 * The PostgreSQL, MQTT broker and Kafka that {@code ./twin demo} runs by itself in its data
 * directory, on the loopback address only. Nothing here knows the twin, and nothing but the program
 * itself uses this package: everything else sees only addresses, as in production.
 */
@NullMarked
package twin.app.embedded;

import org.jspecify.annotations.NullMarked;
