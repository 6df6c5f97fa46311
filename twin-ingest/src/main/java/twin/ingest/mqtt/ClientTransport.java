package twin.ingest.mqtt;

import com.hivemq.client.mqtt.MqttClientExecutorConfig;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttClientSslConfigBuilder;
import com.hivemq.client.mqtt.MqttClientTransportConfig;
import com.hivemq.client.mqtt.MqttClientTransportConfigBuilder;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import io.reactivex.schedulers.Schedulers;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** What both versions of the protocol share: address, encryption, timeouts and threads. */
final class ClientTransport {

  private ClientTransport() {}

  static MqttClientTransportConfig config(MqttSettings.Broker broker) {
    MqttClientTransportConfigBuilder builder =
        MqttClientTransportConfig.builder()
            .serverHost(broker.host())
            .serverPort(broker.port())
            .socketConnectTimeout(broker.connectTimeout().toMillis(), TimeUnit.MILLISECONDS)
            .mqttConnectTimeout(broker.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
    if (broker.tls().enabled()) {
      builder = builder.sslConfig(sslConfig(broker.tls()));
    }
    return builder.build();
  }

  private static MqttClientSslConfig sslConfig(MqttSettings.Tls tls) {
    MqttClientSslConfigBuilder builder = MqttClientSslConfig.builder();
    if (!tls.trustStore().isEmpty()) {
      builder = builder.trustManagerFactory(Certificates.trusted(tls));
    }
    if (!tls.keyStore().isEmpty()) {
      builder = builder.keyManagerFactory(Certificates.own(tls));
    }
    return builder.build();
  }

  /**
   * A network thread for one connection alone, on which messages are handed over too. The client
   * library keeps a session's memory in a timer of the thread until the session expires; with a
   * thread a connection, all of it goes with the connection.
   */
  static MqttClientExecutorConfig ownThread() {
    Executor thread =
        task -> {
          Thread created = new Thread(task, "twin-mqtt-subscriber");
          created.setDaemon(true);
          created.start();
        };
    return MqttClientExecutorConfig.builder()
        .nettyExecutor(thread)
        .nettyThreads(1)
        .applicationScheduler(Schedulers.trampoline())
        .build();
  }

  static MqttQos qos(int qos) {
    return qos == 0 ? MqttQos.AT_MOST_ONCE : MqttQos.AT_LEAST_ONCE;
  }
}
