package twin.ingest.mqtt;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Reads the PKCS12 files that the TLS settings name. */
final class Certificates {

  private Certificates() {}

  static TrustManagerFactory trusted(MqttSettings.Tls tls) {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(read(tls.trustStore(), tls.trustStorePassword()));
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw unreadable("trust-store", tls.trustStore(), e);
    }
  }

  static KeyManagerFactory own(MqttSettings.Tls tls) {
    try {
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(
          read(tls.keyStore(), tls.keyStorePassword()),
          tls.keyStorePassword().value().toCharArray());
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw unreadable("key-store", tls.keyStore(), e);
    }
  }

  static SSLSocketFactory socketFactory(MqttSettings.Tls tls) {
    try {
      // An array of length 0 would mean to trust nobody; null is the JDK's way to say "your own".
      KeyManager[] keys = tls.keyStore().isEmpty() ? null : own(tls).getKeyManagers();
      TrustManager[] trust = tls.trustStore().isEmpty() ? null : trusted(tls).getTrustManagers();
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trust, null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JDK has no TLS", e);
    }
  }

  private static KeyStore read(String file, Secret password)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      store.load(in, password.value().toCharArray());
    }
    return store;
  }

  private static IllegalArgumentException unreadable(String setting, String file, Exception e) {
    return new IllegalArgumentException(
        "twin.ingest.mqtt.broker.tls." + setting + ": cannot read " + file + " as PKCS12", e);
  }
}
