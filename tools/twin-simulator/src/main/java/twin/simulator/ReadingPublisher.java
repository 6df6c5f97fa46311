package twin.simulator;

import java.time.Duration;
import org.slf4j.LoggerFactory;

/**
 * Brings readings to a broker, each until the broker has acknowledged it, and a machine's readings
 * in the order in which they were offered. Thread-safe.
 */
interface ReadingPublisher extends AutoCloseable {
  /** Starts connecting and returns at once; readings wait until the broker is there. */
  static ReadingPublisher start(ReadingTarget target) {
    return switch (target) {
      case MqttTarget mqtt -> MqttPublisher.start(mqtt);
      case KafkaTarget kafka -> KafkaPublisher.start(kafka);
    };
  }

  /** Takes the reading, or drops and counts it where too many wait already. */
  boolean offer(Reading reading);

  /**
   * Waits for room for one more reading.
   *
   * @return whether there is room before the timeout
   */
  boolean awaitRoom(Duration timeout) throws InterruptedException;

  /**
   * Waits until nothing waits and nothing is in flight.
   *
   * @return whether that was reached before the timeout
   */
  boolean awaitIdle(Duration timeout) throws InterruptedException;

  /** How far it is. */
  Delivery delivery();

  /** Waits for what is still out, at most for the drain timeout of the target. */
  default void drain(ReadingTarget target) {
    try {
      if (!awaitIdle(target.drainTimeout())) {
        Delivery delivery = delivery();
        LoggerFactory.getLogger(ReadingPublisher.class)
            .warn(
                "Stopping with {} readings that {} has not acknowledged.",
                delivery.waiting() + delivery.inFlight(),
                target.shown());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the connection without waiting for what is still out. */
  @Override
  void close();
}
