/**
 * Simulated and replayed machines that publish readings over MQTT or Kafka exactly as real ones
 * would. It leans on no other package of Twin: the only thing it shares with the rest is the
 * outside contract of topics and JSON, so that whatever works with the simulator works with a real
 * machine.
 */
@NullMarked
package twin.simulator;

import org.jspecify.annotations.NullMarked;
