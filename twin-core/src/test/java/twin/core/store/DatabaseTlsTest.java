package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The URL says how connections to PostgreSQL are encrypted; the driver does the rest. */
final class DatabaseTlsTest {

  private static final String PASSWORD = "changeit";

  private final Path directory;

  DatabaseTlsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static Config at(String url) {
    return ConfigFactory.parseMap(
            Map.of(
                "twin.database.url", url,
                "twin.database.user", "postgres",
                "twin.database.password", "postgres",
                "twin.database.start-timeout", "3s"))
        .withFallback(ConfigFactory.parseResources("twin-persistence.conf"))
        .withFallback(ConfigFactory.parseResources("twin-cluster.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  @Test
  @Tag("full")
  void isEncryptedWhereTheUrlSaysSoAndRefusesAnotherServersCertificate() throws Exception {
    certificate("own");
    certificate("other");
    try (EmbeddedPostgres server =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "off")
            .setServerConfig("ssl", "on")
            .setServerConfig("ssl_cert_file", directory.resolve("own.pem").toString())
            .setServerConfig("ssl_key_file", directory.resolve("own.key").toString())
            .start()) {
      String url =
          "jdbc:postgresql://127.0.0.1:%d/postgres?sslmode=verify-full&sslrootcert="
              .formatted(server.getPort());
      try (Database database = TestDatabase.open(at(url + directory.resolve("own.pem")))) {
        List<String> versions =
            database
                .read(
                    connection ->
                        Sql.of(
                                "select version from pg_stat_ssl where ssl and pid ="
                                    + " pg_backend_pid()")
                            .list(connection, row -> row.getString(1)))
                .toCompletableFuture()
                .join();
        assertThat(versions).containsExactly("TLSv1.3");
      }
      assertThatThrownBy(() -> TestDatabase.open(at(url + directory.resolve("other.pem"))))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("cannot be reached");
    }
  }

  @Test
  void refusesAServerWithoutEncryptionWhereTheUrlAsksForIt() {
    String url = TestDatabase.create().getString("twin.database.url");
    String more = (url.contains("?") ? "&" : "?") + "sslmode=require";
    assertThatThrownBy(() -> TestDatabase.open(at(url + more)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("SSL");
  }

  /** Made by the JDK's keytool: a certificate for 127.0.0.1 that signs itself. */
  private void certificate(String name) throws Exception {
    Path file = directory.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "own",
                "-dname",
                "CN=" + name,
                "-keyalg",
                "RSA",
                "-ext",
                "san=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS) && keytool.exitValue() == 0).as(said).isTrue();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    write(name + ".pem", "CERTIFICATE", store.getCertificate("own").getEncoded());
    write(name + ".key", "PRIVATE KEY", store.getKey("own", PASSWORD.toCharArray()).getEncoded());
  }

  private void write(String name, String what, byte[] content) throws Exception {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Path file =
        Files.createFile(
            directory.resolve(name),
            // The server refuses a key that others may read.
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, base64, what));
  }
}
