package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import java.net.URI;
import java.util.UUID;

/** A device that publishes with QoS 1: each call returns when the broker has the message. */
final class MqttDevice implements AutoCloseable {

  private final Mqtt5BlockingClient client;

  MqttDevice(URI broker) {
    client =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier("device-" + UUID.randomUUID())
            .serverHost(broker.getHost())
            .serverPort(broker.getPort())
            .buildBlocking();
    client.connect();
  }

  /** Publishes to a machine's topic. */
  void publish(String machineId, String message) {
    publish(topic(machineId), message.getBytes(UTF_8));
  }

  /** Publishes bytes to any topic. */
  void publish(String topic, byte[] message) {
    client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(message).send();
  }

  static String topic(String machineId) {
    return "twin/v1/machines/" + machineId + "/readings";
  }

  @Override
  public void close() {
    client.disconnect();
  }
}
