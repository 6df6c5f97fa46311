package twin.simulator;

import java.time.Duration;

/** Where readings go to, and the bounds of the way there. */
public sealed interface ReadingTarget permits MqttTarget, KafkaTarget {
  /** The broker as logs and errors name it. */
  String shown();

  /** Readings handed over and not yet acknowledged by the broker. */
  int inFlightMax();

  /** Readings kept while the broker is away or slow. */
  int waitingMax();

  /** How long closing waits for the acknowledgements that are still out. */
  Duration drainTimeout();
}
