package twin.app.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A program to be killed: writes one thing to each embedded service, says so, and waits. Also how
 * to read those things again.
 */
final class WritingProgram {

  private static final String TOPIC = "anomaly-alerts";

  private WritingProgram() {}

  public static void main(String[] arguments) throws Exception {
    EmbeddedServices services =
        EmbeddedServices.start(
            EmbeddedServices.Settings.defaults(Path.of(arguments[0])).withPorts(0, 0, 0),
            line -> {});
    write(services);
    System.out.println("written");
    new CountDownLatch(1).await();
  }

  static List<String> read(EmbeddedServices services) throws Exception {
    return List.of(readDatabase(services), readMqtt(services), readKafka(services));
  }

  static boolean tableExists(EmbeddedServices services) throws SQLException {
    try (Connection connection = connect(services);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("select to_regclass('kept') is not null")) {
      return result.next() && result.getBoolean(1);
    }
  }

  private static void write(EmbeddedServices services) throws Exception {
    try (Connection connection = connect(services);
        Statement statement = connection.createStatement()) {
      statement.execute("create table kept as select 'in PostgreSQL'::text as value");
    }
    Mqtt5BlockingClient mqtt = mqttSession(services);
    mqtt.subscribeWith().topicFilter("kept/+").qos(MqttQos.AT_LEAST_ONCE).send();
    mqtt.disconnect();
    Mqtt5BlockingClient publisher = mqttClient(services, "publisher");
    publisher.connect();
    publisher
        .publishWith()
        .topic("kept/message")
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload("in MQTT".getBytes(UTF_8))
        .send();
    publisher.disconnect();
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", services.kafkaBootstrapServers(), "acks", "all"),
            new StringSerializer(),
            new StringSerializer())) {
      producer.send(new ProducerRecord<>(TOPIC, "key", "in Kafka")).get(20, TimeUnit.SECONDS);
    }
  }

  private static String readDatabase(EmbeddedServices services) throws SQLException {
    try (Connection connection = connect(services);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("select value from kept")) {
      return result.next() ? result.getString(1) : "nothing in PostgreSQL";
    }
  }

  private static String readMqtt(EmbeddedServices services) throws InterruptedException {
    Mqtt5BlockingClient client = mqttClient(services, "session");
    try (var publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
      client.connectWith().cleanStart(false).noSessionExpiry().send();
      return publishes
          .receive(20, TimeUnit.SECONDS)
          .map(publish -> new String(publish.getPayloadAsBytes(), UTF_8))
          .orElse("nothing in MQTT");
    } finally {
      client.disconnect();
    }
  }

  private static String readKafka(EmbeddedServices services) {
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", services.kafkaBootstrapServers()),
            new StringDeserializer(),
            new StringDeserializer())) {
      TopicPartition partition = new TopicPartition(TOPIC, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      ConsumerRecords<String, String> records = consumer.poll(Duration.ofSeconds(20));
      return records.isEmpty() ? "nothing in Kafka" : records.iterator().next().value();
    }
  }

  private static Connection connect(EmbeddedServices services) throws SQLException {
    return DriverManager.getConnection(services.jdbcUrl(), services.user(), services.password());
  }

  private static Mqtt5BlockingClient mqttSession(EmbeddedServices services) {
    Mqtt5BlockingClient client = mqttClient(services, "session");
    client.connectWith().cleanStart(false).noSessionExpiry().send();
    return client;
  }

  private static Mqtt5BlockingClient mqttClient(EmbeddedServices services, String identifier) {
    URI uri = URI.create(services.mqttUri());
    return MqttClient.builder()
        .useMqttVersion5()
        .identifier(identifier)
        .serverHost(uri.getHost())
        .serverPort(uri.getPort())
        .buildBlocking();
  }
}
