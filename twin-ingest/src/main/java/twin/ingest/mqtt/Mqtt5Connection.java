package twin.ingest.mqtt;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperty;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAck;
import io.reactivex.disposables.Disposable;
import io.reactivex.disposables.Disposables;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection that speaks MQTT 5. */
final class Mqtt5Connection implements BrokerConnection {

  private static final Logger log = LoggerFactory.getLogger(Mqtt5Connection.class);

  private final MqttSettings settings;
  private final boolean limitPacketSize;
  private final int receiveMaximum;
  private final Listener listener;
  private final Mqtt5AsyncClient client;
  private volatile Disposable arrivals = Disposables.empty();
  private final CompletableFuture<Opened> lostBeforeOpen = new CompletableFuture<>();
  private volatile boolean accepted;
  private volatile boolean closed;

  /**
   * A connection that is not open yet.
   *
   * @param limitPacketSize whether the broker is told the largest packet that it may send
   * @param receiveMaximum how many messages it is told that it may leave unacknowledged
   */
  Mqtt5Connection(
      MqttSettings settings, boolean limitPacketSize, int receiveMaximum, Listener listener) {
    this.settings = settings;
    this.limitPacketSize = limitPacketSize;
    this.receiveMaximum = receiveMaximum;
    this.listener = listener;
    Mqtt5ClientBuilder builder =
        Mqtt5Client.builder()
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
    // Before CONNECT: what the session has queued comes right behind CONNACK, and a message for
    // which nobody listens is acknowledged by the client library itself.
    arrivals =
        client
            .toRx()
            .publishes(MqttGlobalPublishFilter.ALL, true)
            .subscribe(publish -> listener.arrived(arrivalOf(publish)), listener::lost);
    return client
        .connect(connectPacket())
        .thenCompose(this::subscribe)
        .applyToEither(lostBeforeOpen, Function.identity())
        .whenComplete(this::disposeAfterFailure);
  }

  private Mqtt5Connect connectPacket() {
    MqttSettings.Subscribe subscribe = settings.subscribe();
    Mqtt5ConnectBuilder connect =
        Mqtt5Connect.builder()
            .cleanStart(false)
            .sessionExpiryInterval(subscribe.sessionExpiry().toSeconds())
            .keepAlive(Math.toIntExact(settings.broker().keepAlive().toSeconds()));
    var restrictions = connect.restrictions().receiveMaximum(receiveMaximum);
    if (limitPacketSize) {
      restrictions = restrictions.maximumPacketSize(subscribe.maximumPacketBytes());
    }
    return restrictions.applyRestrictions().build();
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

  private CompletionStage<Opened> subscribe(Mqtt5ConnAck connAck) {
    accepted = true;
    if (closed) {
      close();
      return CompletableFuture.failedFuture(new IllegalStateException("Closed while connecting"));
    }
    connAck
        .getSessionExpiryInterval()
        .ifPresent(
            seconds -> {
              if (seconds < settings.subscribe().sessionExpiry().toSeconds()) {
                log.warn("The MQTT broker keeps the session for {} s only", seconds);
              }
            });
    List<Mqtt5Subscription> subscriptions =
        settings.subscribe().topicFilters().stream().map(this::subscription).toList();
    return client
        .subscribeWith()
        .addSubscriptions(subscriptions)
        .send()
        .thenApply(
            subAck -> {
              warnOfLesserQos(subAck);
              return new Opened("5", connAck.isSessionPresent());
            });
  }

  private Mqtt5Subscription subscription(String topicFilter) {
    return Mqtt5Subscription.builder()
        .topicFilter(topicFilter)
        .qos(ClientTransport.qos(settings.subscribe().qos()))
        // Retained messages come with the first subscription of a session, not with each
        // connection to it.
        .retainHandling(Mqtt5RetainHandling.SEND_IF_SUBSCRIPTION_DOES_NOT_EXIST)
        .build();
  }

  private void warnOfLesserQos(Mqtt5SubAck subAck) {
    boolean lesser =
        subAck.getReasonCodes().stream()
            .anyMatch(code -> code.getCode() < settings.subscribe().qos());
    if (lesser) {
      log.error(
          "The MQTT broker granted a lower quality of service than {}: {}. Messages can be lost.",
          settings.subscribe().qos(),
          subAck.getReasonCodes());
    }
  }

  private static Arrival arrivalOf(Mqtt5Publish publish) {
    return new Arrival(
        publish.getTopic().toString(),
        userProperties(publish),
        ByteString.fromArrayUnsafe(publish.getPayloadAsBytes()),
        publish.getQos().getCode(),
        publish.isRetain(),
        publish.getQos() == MqttQos.AT_MOST_ONCE ? () -> {} : publish::acknowledge);
  }

  private static Map<String, String> userProperties(Mqtt5Publish publish) {
    List<? extends Mqtt5UserProperty> all = publish.getUserProperties().asList();
    if (all.isEmpty()) {
      return Map.of();
    }
    Map<String, String> properties = new HashMap<>();
    all.forEach(each -> properties.put(each.getName().toString(), each.getValue().toString()));
    return properties;
  }

  @Override
  public CompletionStage<Void> close() {
    closed = true;
    return client.disconnect().whenComplete((done, failure) -> arrivals.dispose());
  }
}
