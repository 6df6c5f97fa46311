package twin.http.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerTlsTest {

  private final Path directory;

  ServerTlsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private TlsSettings settings(String certificate, String key) {
    return new TlsSettings(
        directory.resolve(certificate),
        directory.resolve(key),
        Duration.ofHours(1),
        Duration.ofDays(14));
  }

  @Test
  void takesEveryUsualKindOfKey() throws Exception {
    for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
      TestCertificates.make(directory, algorithm, algorithm);
      assertThatCode(() -> ServerTls.check(settings(algorithm + ".pem", algorithm + ".key")))
          .doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> ServerTls.check(settings("RSA.pem", "EC.key")))
        .hasMessageContaining("EC.key is not that of the first certificate in");
    TestCertificates.make(directory, "EC2", "EC");
    assertThatThrownBy(() -> ServerTls.check(settings("EC.pem", "EC2.key")))
        .hasMessageContaining("EC2.key is not that of the first certificate in");
  }

  @Test
  void saysWhatIsWrongWithAFileAndNeverWhatIsInIt() throws Exception {
    TestCertificates.make(directory, "own", "EC");
    String key = Files.readString(directory.resolve("own.key"));
    refused("absent.pem", "own.key", "absent.pem cannot be read");
    refused("own.key", "own.key", "holds no certificate");
    refused("own.pem", "own.pem", "own.pem holds no private key");
    write("old.key", key.replace("PRIVATE KEY", "EC PRIVATE KEY"));
    refused("own.pem", "old.key", "old.key holds an EC PRIVATE KEY; write it anew as PKCS#8");
    write("locked.key", key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    refused("own.pem", "locked.key", "openssl pkcs8 -topk8 -nocrypt -in locked.key");
    write("cut.key", key.replaceFirst("[A-Za-z0-9+/]{20}\n", "\n"));
    refused("own.pem", "cut.key", "cut.key holds a private key that is");
    assertThatThrownBy(
            () ->
                TlsSettings.of(
                    ConfigFactory.parseString(
                        "certificate = \"/a\", key = \"\", look-every = 1m, warn-within = 1d")))
        .hasMessageContaining("key is missing");
  }

  private void write(String name, String text) throws Exception {
    Files.writeString(directory.resolve(name), text);
  }

  private void refused(String certificate, String key, String why) throws Exception {
    String secret =
        Files.readString(directory.resolve("own.key")).lines().skip(1).findFirst().orElseThrow();
    assertThatThrownBy(() -> ServerTls.check(settings(certificate, key)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why)
        .hasMessageNotContaining(secret);
  }

  @Test
  void keepsWhatItHasWhenNewFilesAreOfNoUseAndTellsHowLongItLasts() throws Exception {
    TestCertificates.make(directory, "own", "EC", "-validity", "30");
    TestCertificates.make(directory, "next", "Ed25519", "-startdate", "-9d", "-validity", "3");
    ActorTestKit kit = ActorTestKit.create("tls");
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try {
      ServerTls tls =
          ServerTls.start(
              settings("own.pem", "own.key"),
              InstantSource.fixed(Instant.now()),
              meters,
              kit.system());
      double days = remainingDays(meters);
      assertThat(days).isBetween(29.0, 30.1);
      // A new certificate whose key has not come yet.
      Files.copy(directory.resolve("own.pem"), directory.resolve("kept.pem"));
      write("own.pem", Files.readString(directory.resolve("next.pem")));
      tls.look();
      assertThat(remainingDays(meters)).isEqualTo(days);
      write("own.key", Files.readString(directory.resolve("next.key")));
      tls.look();
      assertThat(remainingDays(meters)).as("it has ended").isBetween(-7.0, -5.0);
      Files.delete(directory.resolve("own.key"));
      tls.look();
      assertThat(tls.engine().getEnabledProtocols())
          .containsExactlyInAnyOrder("TLSv1.3", "TLSv1.2");
    } finally {
      kit.shutdownTestKit();
    }
  }

  private static double remainingDays(SimpleMeterRegistry meters) {
    return meters.get("twin.http.certificate.remaining").gauge().value() / 86_400;
  }
}
