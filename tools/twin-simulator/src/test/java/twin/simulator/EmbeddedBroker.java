package twin.simulator;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;

/** A real Artemis broker on loopback, with a durable subscriber that keeps what is published. */
final class EmbeddedBroker implements AutoCloseable {
  private static final String SUBSCRIBER = "test-subscriber";
  private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");
  private static final long QUIET_SECONDS = 2;

  private final Path folder;
  private final int port;
  private EmbeddedActiveMQ broker;

  private EmbeddedBroker(Path folder, int port) throws Exception {
    this.folder = folder;
    this.port = port;
    broker = started();
    subscribe();
  }

  static EmbeddedBroker start(Path folder) throws Exception {
    return new EmbeddedBroker(folder, freePort());
  }

  static int freePort() throws Exception {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  URI uri() {
    return URI.create("mqtt://127.0.0.1:" + port);
  }

  /** The sequence numbers of {@link #published()}. */
  List<Long> publishedSeqs() throws InterruptedException {
    return published().stream().map(EmbeddedBroker::seq).toList();
  }

  static long seq(String json) {
    var matcher = SEQ.matcher(json);
    if (!matcher.find()) {
      throw new IllegalArgumentException("No seq in " + json);
    }
    return Long.parseLong(matcher.group(1));
  }

  void stop() throws Exception {
    broker.stop();
  }

  void startAgain() throws Exception {
    broker = started();
  }

  /** Everything published so far on readings' topics, in order, as JSON; and marks it as read. */
  List<String> published() throws InterruptedException {
    Mqtt5BlockingClient client = client();
    List<String> messages = new ArrayList<>();
    try (var publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
      client.connectWith().cleanStart(false).sessionExpiryInterval(3_600).send();
      var next = publishes.receive(QUIET_SECONDS, TimeUnit.SECONDS);
      while (next.isPresent()) {
        messages.add(text(next.get()));
        next = publishes.receive(QUIET_SECONDS, TimeUnit.SECONDS);
      }
    }
    client.disconnectWith().sessionExpiryInterval(3_600).send();
    return messages;
  }

  @Override
  public void close() {
    try {
      broker.stop();
    } catch (Exception e) {
      throw new IllegalStateException("The broker of the test does not stop.", e);
    }
  }

  private void subscribe() {
    Mqtt5BlockingClient client = client();
    client.connectWith().cleanStart(false).sessionExpiryInterval(3_600).send();
    client
        .subscribeWith()
        .topicFilter("twin/v1/machines/+/readings")
        .qos(MqttQos.AT_LEAST_ONCE)
        .send();
    client.disconnectWith().sessionExpiryInterval(3_600).send();
  }

  private Mqtt5BlockingClient client() {
    return Mqtt5Client.builder()
        .identifier(SUBSCRIBER)
        .serverHost("127.0.0.1")
        .serverPort(port)
        .buildBlocking();
  }

  private EmbeddedActiveMQ started() throws Exception {
    var configuration = new ConfigurationImpl();
    configuration.setSecurityEnabled(false);
    configuration.setPersistenceEnabled(true);
    configuration.setJournalType(JournalType.NIO);
    configuration.setJMXManagementEnabled(false);
    configuration.setBrokerInstance(folder.toFile());
    configuration.setJournalDirectory(folder.resolve("journal").toString());
    configuration.setBindingsDirectory(folder.resolve("bindings").toString());
    configuration.setPagingDirectory(folder.resolve("paging").toString());
    configuration.setLargeMessagesDirectory(folder.resolve("large").toString());
    configuration.addAddressSetting("#", new AddressSettings().setAutoCreateAddresses(true));
    configuration.addAcceptorConfiguration(
        "mqtt", "tcp://127.0.0.1:%d?protocols=MQTT".formatted(port));
    var server = new EmbeddedActiveMQ().setConfiguration(configuration);
    server.start();
    return server;
  }

  private static String text(Mqtt5Publish publish) {
    return new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8);
  }
}
