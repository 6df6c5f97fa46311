package twin.ingest.mqtt;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running MQTT subscriber: the messages of one persistent session go through a flow, and each is
 * acknowledged to the broker when the flow emits it. After a lost connection, or a failure of the
 * flow, everything from the connection to the acknowledgement starts anew, with backoff, and the
 * broker delivers again what was not acknowledged. Thread-safe.
 */
public final class MqttIngest {

  private static final Logger log = LoggerFactory.getLogger(MqttIngest.class);

  private final MqttSettings settings;
  private final ActorSystem<?> system;
  private final InstantSource clock;
  private final IngestCounters counters = new IngestCounters();
  private final AtomicReference<MqttSource.@Nullable Control> current = new AtomicReference<>();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final AtomicBoolean packetLimitLifted = new AtomicBoolean();
  private final AtomicBoolean receiveMaximumPassedOver = new AtomicBoolean();
  private final UniqueKillSwitch killSwitch;
  private final CompletionStage<Done> stopped;

  private MqttIngest(
      MqttSettings settings,
      Flow<MqttMessage, MqttMessage, ?> untilDurable,
      InstantSource clock,
      ActorSystem<?> system) {
    this.settings = settings;
    this.system = system;
    this.clock = clock;
    var running =
        RestartSource.onFailuresWithBackoff(
                settings.broker().backoff().toRestartSettings(),
                () -> fromConnectionToAcknowledgement(untilDurable))
            .viaMat(KillSwitches.single(), Keep.right())
            .toMat(Sink.ignore(), Keep.both())
            .run(system);
    this.killSwitch = running.first();
    this.stopped = running.second();
  }

  /**
   * Starts a subscriber.
   *
   * @param untilDurable emits every message it was given, the same object and in any order, once it
   *     is durable or rightly given up; it must not drop any, and it is materialized anew after
   *     every failure
   */
  public static MqttIngest start(
      MqttSettings settings,
      Flow<MqttMessage, MqttMessage, ?> untilDurable,
      InstantSource clock,
      ActorSystem<?> system) {
    return new MqttIngest(settings, untilDurable, clock, system);
  }

  private Source<Done, ?> fromConnectionToAcknowledgement(
      Flow<MqttMessage, MqttMessage, ?> untilDurable) {
    if (stopping.get()) {
      return Source.empty();
    }
    boolean limitPacketSize = !packetLimitLifted.getAndSet(false);
    int receiveMaximum =
        receiveMaximumPassedOver.get()
            ? MqttSettings.Subscribe.RECEIVE_MAXIMUM_MAX
            : settings.subscribe().receiveMaximum();
    return Source.fromGraph(
            new MqttSource(settings, limitPacketSize, receiveMaximum, counters, clock))
        .mapMaterializedValue(this::remember)
        .mapError(Throwable.class, this::noticeWhatWasPassedOver)
        .via(untilDurable)
        .map(
            message -> {
              message.ack().acknowledge();
              return Done.getInstance();
            })
        .mapError(
            Throwable.class,
            failure -> {
              counters.failed(failure);
              return failure;
            });
  }

  private MqttSource.Control remember(MqttSource.Control control) {
    current.set(control);
    if (stopping.get()) {
      control.drain();
    }
    return control;
  }

  /**
   * A broker that sends a packet over the announced limit would send it on every connection again.
   * The next one is made without a limit, so that the message comes in and becomes a dead letter.
   *
   * <p>A broker that passes over the receive maximum does so again with what is queued, right
   * behind CONNACK. It is not told any more; what it sends beyond the maximum waits here, as with
   * 3.1.1.
   */
  private Throwable noticeWhatWasPassedOver(Throwable failure) {
    if (ConnectionLost.byTooManyMessages(failure)
        && receiveMaximumPassedOver.compareAndSet(false, true)) {
      log.warn(
          "The MQTT broker sends more than the {} messages that may be unacknowledged; from now on"
              + " what it sends beyond them waits in this program, {} messages at most",
          settings.subscribe().receiveMaximum(),
          MqttSettings.Subscribe.RECEIVE_MAXIMUM_MAX);
    }
    if (ConnectionLost.byOversizedPacket(failure)) {
      packetLimitLifted.set(true);
    }
    return failure;
  }

  /**
   * Stops in order: takes nothing more, waits for what is in flight to be acknowledged, within the
   * configured time, and disconnects. The session and what is not acknowledged stay at the broker.
   *
   * @return completes when the subscriber has stopped, no later than twice the configured time
   */
  public CompletionStage<Done> stop() {
    if (stopping.compareAndSet(false, true)) {
      MqttSource.Control control = current.get();
      if (control == null || control.ended()) {
        killSwitch.shutdown();
      } else {
        control.drain();
      }
      // The flow has as long again to complete behind the source.
      Duration bound = settings.subscribe().drainTimeout().multipliedBy(2);
      Cancellable deadline =
          system.scheduler().scheduleOnce(bound, killSwitch::shutdown, system.executionContext());
      stopped.whenComplete((done, failure) -> deadline.cancel());
    }
    return stopped;
  }

  /** Completes when the subscriber has stopped. */
  public CompletionStage<Done> stopped() {
    return stopped;
  }

  /** How it goes, for health checks and metrics. */
  public Status status() {
    MqttSource.Control control = current.get();
    return counters.status(control == null ? 0 : control.inFlight());
  }

  /**
   * The state of a subscriber; the numbers count from its start, over all connections.
   *
   * @param version of the protocol on the newest connection, empty before the first
   * @param lastFailure why the last connection or attempt ended, empty if none has
   * @param acknowledgedTooLate acknowledgements dropped since their connection had gone
   * @param qos0Dropped QoS 0 messages dropped, since there was no room or the program stopped
   */
  public record Status(
      boolean connected,
      String version,
      String lastFailure,
      int inFlight,
      long connections,
      long received,
      long acknowledged,
      long acknowledgedTooLate,
      long qos0Dropped,
      long oversized) {}
}
