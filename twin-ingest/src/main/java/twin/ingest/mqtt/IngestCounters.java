package twin.ingest.mqtt;

import java.util.concurrent.atomic.LongAdder;

/** What one subscriber has counted since it was started, over all its connections. */
final class IngestCounters {

  final LongAdder connections = new LongAdder();
  final LongAdder received = new LongAdder();
  final LongAdder acknowledged = new LongAdder();
  final LongAdder acknowledgedTooLate = new LongAdder();
  final LongAdder qos0Dropped = new LongAdder();
  final LongAdder oversized = new LongAdder();
  private volatile String version = "";
  private volatile String lastFailure = "";
  private volatile boolean connected;

  void opened(BrokerConnection.Opened opened) {
    connections.increment();
    version = opened.version();
    connected = true;
  }

  void ended() {
    connected = false;
  }

  void failed(Throwable failure) {
    connected = false;
    lastFailure = failure.toString();
  }

  MqttIngest.Status status(int inFlight) {
    return new MqttIngest.Status(
        connected,
        version,
        lastFailure,
        inFlight,
        connections.sum(),
        received.sum(),
        acknowledged.sum(),
        acknowledgedTooLate.sum(),
        qos0Dropped.sum(),
        oversized.sum());
  }
}
