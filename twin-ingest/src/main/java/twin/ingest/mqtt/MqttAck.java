package twin.ingest.mqtt;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to acknowledge one message to the broker. It may be used from any thread and any number
 * of times; only the first counts, and none once the message's connection has gone, for then the
 * broker delivers the message again.
 */
public final class MqttAck {

  private final AtomicBoolean used = new AtomicBoolean();
  private final Runnable action;

  /** An acknowledgement that runs {@code action} the first time it is used. */
  public MqttAck(Runnable action) {
    this.action = action;
  }

  /** Tells the broker that the message is durable and must not be delivered again. */
  public void acknowledge() {
    if (used.compareAndSet(false, true)) {
      action.run();
    }
  }
}
