package twin.ingest.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MqttSettingsTest {

  private static final MqttSettings.Tls NO_TLS =
      new MqttSettings.Tls(false, "", new Secret(""), "", new Secret(""));

  @Test
  void hasTheDocumentedDefaults() {
    MqttSettings defaults = MqttIngestTest.settings(1883, "broker.backoff {min=500ms,max=30s}");
    assertThat(defaults)
        .isEqualTo(
            new MqttSettings(
                new MqttSettings.Broker(
                    "127.0.0.1",
                    1883,
                    "",
                    new Secret(""),
                    NO_TLS,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(15),
                    new MqttSettings.Backoff(Duration.ofMillis(500), Duration.ofSeconds(30))),
                new MqttSettings.Subscribe(
                    "twin",
                    MqttVersion.AUTO,
                    List.of("twin/v1/machines/+/readings"),
                    1,
                    Duration.ofDays(7),
                    5000,
                    1000,
                    64 * 1024,
                    4 * 1024 * 1024,
                    Duration.ofSeconds(10)),
                new MqttSettings.Publish(
                    "twin-out",
                    10_000,
                    1000,
                    20_000,
                    Duration.ofSeconds(1),
                    500,
                    5,
                    Duration.ofSeconds(5))));
  }

  @Test
  void neverShowsAPassword() {
    MqttSettings settings =
        MqttIngestTest.settings(
            1883,
            """
            broker { user = "line-1", password = "open sesame" }
            broker.tls { trust-store-password = "open sesame", key-store-password = "open sesame" }
            """);
    assertThat(settings.broker().password().value()).isEqualTo("open sesame");
    assertThat(settings.toString()).contains("line-1").doesNotContain("sesame");
  }

  @Test
  void saysWhichSettingIsWrong() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MqttIngestTest.settings(1883, "subscribe.receive-maximum = 0"))
        .withMessageContaining("twin.ingest.mqtt.subscribe.receive-maximum");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MqttIngestTest.settings(1883, "subscribe.version = \"4\""))
        .withMessageContaining("twin.ingest.mqtt.subscribe.version");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MqttIngestTest.settings(1883, "subscribe.oversized = 5 MiB"))
        .withMessageContaining("twin.ingest.mqtt.subscribe.maximum-packet-size");
  }
}
