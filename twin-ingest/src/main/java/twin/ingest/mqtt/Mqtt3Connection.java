package twin.ingest.mqtt;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAck;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscription;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.suback.Mqtt3SubAck;
import io.reactivex.disposables.Disposable;
import io.reactivex.disposables.Disposables;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that speaks MQTT 3.1.1, which has no receive maximum, no session expiry and no limit
 * on packets: the broker alone decides how much it sends before it waits for acknowledgements.
 */
final class Mqtt3Connection implements BrokerConnection {

  private static final Logger log = LoggerFactory.getLogger(Mqtt3Connection.class);

  private final MqttSettings settings;
  private final Listener listener;
  private final Mqtt3AsyncClient client;
  private volatile Disposable arrivals = Disposables.empty();
  private final CompletableFuture<Opened> lostBeforeOpen = new CompletableFuture<>();
  private volatile boolean accepted;
  private volatile boolean closed;

  Mqtt3Connection(MqttSettings settings, Listener listener) {
    this.settings = settings;
    this.listener = listener;
    Mqtt3ClientBuilder builder =
        Mqtt3Client.builder()
            .identifier(settings.subscribe().clientId())
            .transportConfig(ClientTransport.config(settings.broker()))
            .executorConfig(ClientTransport.ownThread())
            .addDisconnectedListener(context -> lost(context.getCause()));
    if (!settings.broker().user().isEmpty()) {
      builder =
          builder
              .simpleAuth()
              .username(settings.broker().user())
              .password(settings.broker().password().value().getBytes(StandardCharsets.UTF_8))
              .applySimpleAuth();
    }
    this.client = builder.buildAsync();
  }

  @Override
  public CompletionStage<Opened> open() {
    // Before CONNECT, for the reason given at Mqtt5Connection.
    arrivals =
        client
            .toRx()
            .publishes(MqttGlobalPublishFilter.ALL, true)
            .subscribe(publish -> listener.arrived(arrivalOf(publish)), listener::lost);
    Mqtt3Connect connect =
        Mqtt3Connect.builder()
            .cleanSession(false)
            .keepAlive(Math.toIntExact(settings.broker().keepAlive().toSeconds()))
            .build();
    return client
        .connect(connect)
        .thenCompose(this::subscribe)
        .applyToEither(lostBeforeOpen, Function.identity())
        .whenComplete(this::disposeAfterFailure);
  }

  /**
   * The client library keeps a SUBSCRIBE without an answer for a connection that never comes, so
   * the attempt is failed here.
   */
  private void lost(Throwable cause) {
    lostBeforeOpen.completeExceptionally(cause);
    listener.lost(cause);
  }

  @Override
  public boolean accepted() {
    return accepted;
  }

  /** Whoever listens holds the connection's thread. */
  private void disposeAfterFailure(@Nullable Opened opened, @Nullable Throwable failure) {
    if (failure != null) {
      arrivals.dispose();
    }
  }

  private CompletionStage<Opened> subscribe(Mqtt3ConnAck connAck) {
    accepted = true;
    if (closed) {
      close();
      return CompletableFuture.failedFuture(new IllegalStateException("Closed while connecting"));
    }
    List<Mqtt3Subscription> subscriptions =
        settings.subscribe().topicFilters().stream().map(this::subscription).toList();
    return client
        .subscribeWith()
        .addSubscriptions(subscriptions)
        .send()
        .thenApply(
            subAck -> {
              warnOfLesserQos(subAck);
              return new Opened("3.1.1", connAck.isSessionPresent());
            });
  }

  private Mqtt3Subscription subscription(String topicFilter) {
    return Mqtt3Subscription.builder()
        .topicFilter(topicFilter)
        .qos(ClientTransport.qos(settings.subscribe().qos()))
        .build();
  }

  private void warnOfLesserQos(Mqtt3SubAck subAck) {
    boolean lesser =
        subAck.getReturnCodes().stream()
            .anyMatch(code -> code.getCode() < settings.subscribe().qos());
    if (lesser) {
      log.error(
          "The MQTT broker granted a lower quality of service than {}: {}. Messages can be lost.",
          settings.subscribe().qos(),
          subAck.getReturnCodes());
    }
  }

  private static Arrival arrivalOf(Mqtt3Publish publish) {
    return new Arrival(
        publish.getTopic().toString(),
        Map.of(),
        ByteString.fromArrayUnsafe(publish.getPayloadAsBytes()),
        publish.getQos().getCode(),
        publish.isRetain(),
        publish.getQos() == MqttQos.AT_MOST_ONCE ? () -> {} : publish::acknowledge);
  }

  @Override
  public CompletionStage<Void> close() {
    closed = true;
    return client.disconnect().whenComplete((done, failure) -> arrivals.dispose());
  }
}
