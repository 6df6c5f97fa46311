package twin.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Somebody who looks at the states of machines over MQTT 3.1.1, as a scene in Unity does. */
final class MqttListener implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long ANSWER_WITHIN_SECONDS = 30;

  private final Map<String, JsonNode> newest = new ConcurrentHashMap<>();
  private final Mqtt3AsyncClient client;

  MqttListener(URI broker, Collection<String> machineIds) throws Exception {
    client =
        MqttClient.builder()
            .useMqttVersion3()
            .identifier("scene-" + UUID.randomUUID())
            .serverHost(broker.getHost())
            .serverPort(broker.getPort())
            .buildAsync();
    client.connect().get(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS);
    for (String machineId : machineIds) {
      client
          .subscribeWith()
          .topicFilter("twin/v1/machines/" + machineId + "/state")
          .qos(MqttQos.AT_LEAST_ONCE)
          .callback(state -> take(machineId, state))
          .send()
          .get(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void take(String machineId, Mqtt3Publish state) {
    try {
      newest.put(machineId, JSON.readTree(state.getPayloadAsBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException("The state of " + machineId + " is JSON.", e);
    }
  }

  /** The state that came last; a missing node before the first. */
  JsonNode newest(String machineId) {
    return newest.getOrDefault(machineId, MissingNode.getInstance());
  }

  @Override
  public void close() {
    client.toBlocking().disconnect();
  }
}
