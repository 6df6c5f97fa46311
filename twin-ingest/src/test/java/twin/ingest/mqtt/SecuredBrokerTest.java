package twin.ingest.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In and out over TLS, with user and password. */
class SecuredBrokerTest {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @TempDir static Path directory;
  private static ActorTestKit testKit;
  private static TestBroker broker;
  private static Path keyStore;

  private final Gate gate = new Gate();

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    testKit = ActorTestKit.create();
    keyStore = keyStore("broker");
    broker = TestBroker.startSecured(directory.resolve("data"), keyStore, "changeit");
  }

  @AfterAll
  static void stop() {
    broker.close();
    testKit.shutdownTestKit();
  }

  @Test
  void carriesMessagesInAndOut() {
    String secured =
        """
        subscribe { client-id = "secured", topic-filters = ["twin/v1/machines/+/alerts"] }
        broker { user = "line-1", password = "open sesame" }
        broker.tls { enabled = true, trust-store = "%s", trust-store-password = "changeit" }
        """
            .formatted(keyStore);
    gate.open(message -> true);
    MqttIngest ingest = ingest(secured);
    eventually(() -> assertThat(ingest.status().connected()).isTrue());
    MqttPublisher publisher =
        MqttPublisher.start(MqttIngestTest.settings(broker.port(), secured), testKit.system());
    publisher.publishAlert("m-1", "alert".getBytes(StandardCharsets.UTF_8));
    eventually(() -> assertThat(gate.seenTexts()).isEqualTo(List.of("alert")));
    assertThat(publisher.stop().toCompletableFuture()).succeedsWithin(PATIENCE);
    assertThat(ingest.stop().toCompletableFuture()).succeedsWithin(PATIENCE);
  }

  @Test
  void doesNotComeInWithAWrongPassword() {
    MqttIngest ingest =
        ingest(
            """
            subscribe.client-id = "wrong-password"
            broker { user = "line-1", password = "sesame" }
            broker.tls { enabled = true, trust-store = "%s", trust-store-password = "changeit" }
            """
                .formatted(keyStore));
    eventually(
        () -> assertThat(ingest.status().lastFailure()).contains("BAD_USER_NAME_OR_PASSWORD"));
    assertThat(ingest.status().connections()).isZero();
    assertThat(ingest.stop().toCompletableFuture()).succeedsWithin(PATIENCE);
  }

  @Test
  void doesNotTrustABrokerWithACertificateOfItsOwn() throws IOException, InterruptedException {
    MqttIngest ingest =
        ingest(
            """
            subscribe.client-id = "stranger"
            broker { user = "line-1", password = "open sesame" }
            broker.tls { enabled = true, trust-store = "%s", trust-store-password = "changeit" }
            """
                .formatted(keyStore("stranger")));
    eventually(() -> assertThat(ingest.status().lastFailure()).contains("SSLHandshakeException"));
    assertThat(ingest.status().connections()).isZero();
    assertThat(ingest.stop().toCompletableFuture()).succeedsWithin(PATIENCE);
  }

  private MqttIngest ingest(String overrides) {
    return MqttIngest.start(
        MqttIngestTest.settings(broker.port(), overrides),
        gate.flow(),
        InstantSource.system(),
        testKit.system());
  }

  /** A key with a certificate for the loopback address, made by the JDK's own tool. */
  private static Path keyStore(String name) throws IOException, InterruptedException {
    Path file = directory.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).isZero();
    return file;
  }

  private static void eventually(Runnable assertion) {
    testKit
        .createTestProbe()
        .awaitAssert(
            PATIENCE,
            Duration.ofMillis(5),
            () -> {
              assertion.run();
              return true;
            });
  }
}
