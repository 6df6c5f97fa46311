package twin.ingest.mqtt;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.connectors.mqtt.MqttConnectionSettings;
import org.apache.pekko.stream.connectors.mqtt.MqttQoS;
import org.apache.pekko.stream.connectors.mqtt.MqttSubscriptions;
import org.apache.pekko.stream.connectors.mqtt.javadsl.MqttFlow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * Publishes states, alerts, notifications and dead letters over MQTT with QoS 1. No call blocks:
 * what cannot be sent waits within bounds, and what is dropped is counted. Alerts and dead letters
 * are sent at least once as long as they find room to wait; of the states of a machine only the
 * newest counts. Thread-safe.
 */
public final class MqttPublisher {

  private final MqttSettings settings;
  private final ActorSystem<?> system;
  private final Outbox outbox;
  private final String clientId;
  private final AtomicReference<Runnable> wakeUp = new AtomicReference<>(OutboxSource.NOBODY);
  private final AtomicReference<String> lastFailure = new AtomicReference<>("");
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final UniqueKillSwitch killSwitch;
  private final CompletionStage<Done> stopped;

  private MqttPublisher(MqttSettings settings, ActorSystem<?> system) {
    this.settings = settings;
    this.system = system;
    this.outbox = new Outbox(settings.publish(), System.nanoTime());
    this.clientId = settings.publish().clientIdPrefix() + "-" + UUID.randomUUID();
    var running =
        RestartSource.onFailuresWithBackoff(
                settings.broker().backoff().toRestartSettings(), this::fromOutboxToBroker)
            .viaMat(KillSwitches.single(), Keep.right())
            .toMat(Sink.ignore(), Keep.both())
            .run(system);
    this.killSwitch = running.first();
    this.stopped = running.second();
  }

  /** Starts a publisher; it need not find the broker. */
  public static MqttPublisher start(MqttSettings settings, ActorSystem<?> system) {
    return new MqttPublisher(settings, system);
  }

  private Source<Done, ?> fromOutboxToBroker() {
    return Source.fromGraph(new OutboxSource(outbox, wakeUp, System::nanoTime))
        .via(
            MqttFlow.atMostOnce(
                connection(settings.broker()), MqttSubscriptions.empty(), 1, MqttQoS.atLeastOnce()))
        .map(unexpected -> Done.getInstance())
        .mapError(
            Throwable.class,
            failure -> {
              lastFailure.set(failure.toString());
              return failure;
            });
  }

  private MqttConnectionSettings connection(MqttSettings.Broker broker) {
    String scheme = broker.tls().enabled() ? "ssl" : "tcp";
    MqttConnectionSettings connection =
        MqttConnectionSettings.create(
                scheme + "://" + broker.host() + ":" + broker.port(),
                clientId,
                new MemoryPersistence())
            .withCleanSession(true)
            .withAutomaticReconnect(false)
            .withConnectionTimeout(broker.connectTimeout())
            .withKeepAliveInterval(broker.keepAlive())
            // Nothing is in flight when the stream completes, and nothing is to be waited for when
            // it fails.
            .withDisconnectQuiesceTimeout(Duration.ZERO);
    if (!broker.user().isEmpty()) {
      connection = connection.withAuth(broker.user(), broker.password().value());
    }
    if (broker.tls().enabled()) {
      connection = connection.withSocketFactory(Certificates.socketFactory(broker.tls()));
    }
    return connection;
  }

  /**
   * Publishes a machine's state, retained, unless a newer one comes before its turn. The supplier
   * runs when its turn has come, on a thread of the publisher, and must not block.
   */
  public void publishState(String machineId, Supplier<byte[]> payload) {
    Topics.requireOneLevel(machineId);
    outbox.state(machineId, payload);
    wakeUp.get().run();
  }

  /** Publishes a change of an alert. */
  public void publishAlert(String machineId, byte[] payload) {
    Topics.requireOneLevel(machineId);
    outbox.alert(machineId, payload);
    wakeUp.get().run();
  }

  /**
   * Publishes to a topic of the caller's.
   *
   * @return completes when the broker has acknowledged it; whoever completes it before gives it up
   */
  public CompletableFuture<Done> publish(String topic, byte[] payload) {
    CompletableFuture<Done> sent = outbox.notification(topic, payload);
    wakeUp.get().run();
    return sent;
  }

  /** Publishes a dead letter. */
  public void publishDeadLetter(byte[] payload) {
    outbox.deadLetter(payload);
    wakeUp.get().run();
  }

  /**
   * Takes nothing more, sends within the configured time what waits, except states, and
   * disconnects.
   *
   * @return completes when the publisher has stopped
   */
  public CompletionStage<Done> stop() {
    if (stopping.compareAndSet(false, true)) {
      outbox.close();
      Runnable running = wakeUp.get();
      if (outbox.isFinished() && running == OutboxSource.NOBODY) {
        killSwitch.shutdown();
      }
      running.run();
      Cancellable deadline =
          system
              .scheduler()
              .scheduleOnce(
                  settings.publish().drainTimeout(),
                  killSwitch::shutdown,
                  system.executionContext());
      stopped.whenComplete((done, failure) -> deadline.cancel());
    }
    return stopped;
  }

  /** How it goes, for metrics. */
  public Status status() {
    return outbox.status(lastFailure.get());
  }

  /**
   * The state of a publisher; the numbers count from its start.
   *
   * @param lastFailure why the last connection or attempt ended, empty if none has
   * @param waiting alerts, dead letters and states that wait to be sent
   * @param statesReplaced states that a newer one of the same machine overtook
   * @param statesDropped states for which there was no room, or that failed too often
   */
  public record Status(
      String lastFailure,
      int waiting,
      long statesSent,
      long alertsSent,
      long deadLettersSent,
      long statesReplaced,
      long statesDropped,
      long alertsDropped,
      long deadLettersDropped) {}
}
