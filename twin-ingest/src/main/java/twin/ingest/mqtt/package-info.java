/**
 * Carries messages from an MQTT broker into the program, acknowledged only once they are durable,
 * and states, alerts and dead letters out to it. It knows nothing of readings and leans on no other
 * package of Twin.
 */
@NullMarked
package twin.ingest.mqtt;

import org.jspecify.annotations.NullMarked;
