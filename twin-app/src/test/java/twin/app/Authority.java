package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Signs certificates, with the JDK's keytool, and writes PEM files. */
final class Authority {

  private static final String PASSWORD = "changeit";

  private final Path directory;

  /** Makes its own certificate, {@code ca.pem}. */
  Authority(Path directory) throws Exception {
    this.directory = Files.createDirectories(directory);
    keytool("ca", "-genkeypair", "-keyalg", "RSA", "-dname", "CN=authority", "-ext", "bc:c");
    export("ca");
  }

  /** Makes a certificate with these names: {@code NAME.pem} and {@code NAME.key}. */
  void sign(String name, String names) throws Exception {
    keytool(name, "-genkeypair", "-keyalg", "RSA", "-dname", "CN=" + name, "-ext", "san=" + names);
    String request = directory.resolve(name + ".csr").toString();
    String signed = directory.resolve(name + ".cer").toString();
    keytool(name, "-certreq", "-file", request);
    keytool("ca", "-gencert", "-infile", request, "-outfile", signed, "-ext", "san=" + names);
    keytool(
        name, "-importcert", "-noprompt", "-alias", "ca", "-file", certificate("ca").toString());
    keytool(name, "-importcert", "-noprompt", "-file", signed);
    export(name);
  }

  Path certificate(String name) {
    return directory.resolve(name + ".pem");
  }

  Path key(String name) {
    return directory.resolve(name + ".key");
  }

  private void keytool(String store, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    if (!command.contains("-alias")) {
      command.addAll(List.of("-alias", "own"));
    }
    command.addAll(
        List.of(
            "-storetype",
            "PKCS12",
            "-keystore",
            directory.resolve(store + ".p12").toString(),
            "-storepass",
            PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0).as(said).isTrue();
  }

  private void export(String name) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve(name + ".p12"))) {
      store.load(in, PASSWORD.toCharArray());
    }
    write(certificate(name), "CERTIFICATE", store.getCertificate("own").getEncoded());
    write(key(name), "PRIVATE KEY", store.getKey("own", PASSWORD.toCharArray()).getEncoded());
  }

  private static void write(Path file, String what, byte[] content) throws Exception {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, base64, what));
  }
}
