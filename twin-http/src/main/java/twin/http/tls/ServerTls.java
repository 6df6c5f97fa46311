package twin.http.tls;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that the server shows, read again when its files have changed: connections that
 * are made then get the new one. Files that are of no use leave the one before in force.
 * Thread-safe.
 */
public final class ServerTls {

  private static final Logger log = LoggerFactory.getLogger(ServerTls.class);
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  private final TlsSettings settings;
  private final InstantSource clock;
  private volatile Shown shown;

  private ServerTls(TlsSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    this.shown = read(settings);
  }

  /**
   * What is shown.
   *
   * @param chain the server's certificate and those above it
   */
  private record Shown(List<X509Certificate> chain, PrivateKey key, SSLContext context) {
    boolean same(List<X509Certificate> otherChain, PrivateKey otherKey) {
      return chain.equals(otherChain) && key.equals(otherKey);
    }

    Instant ends() {
      return chain.getFirst().getNotAfter().toInstant();
    }
  }

  /**
   * Reads the files, and looks at them again from time to time until the system ends.
   *
   * @throws IllegalArgumentException with one line that says what is wrong with them
   */
  public static ServerTls start(
      TlsSettings settings, InstantSource clock, MeterRegistry meters, ActorSystem<?> system) {
    ServerTls tls = new ServerTls(settings, clock);
    Gauge.builder("twin.http.certificate.remaining", tls, ServerTls::remainingSeconds)
        .description(
            "How long the certificate that HTTP shows is valid yet; below zero: it has ended")
        .baseUnit("seconds")
        .strongReference(true)
        .register(meters);
    tls.warn();
    var unused =
        system
            .scheduler()
            .scheduleWithFixedDelay(
                settings.lookEvery(), settings.lookEvery(), tls::look, system.executionContext());
    return tls;
  }

  /**
   * Finds out whether the files are of use.
   *
   * @throws IllegalArgumentException with one line that says what is wrong with them
   */
  public static void check(TlsSettings settings) {
    Shown unused = read(settings);
  }

  /** One end of a new connection. */
  public SSLEngine engine() {
    SSLEngine engine = shown.context().createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(PROTOCOLS);
    return engine;
  }

  private double remainingSeconds() {
    return Duration.between(clock.instant(), shown.ends()).toSeconds();
  }

  /** Takes new files if there are any. */
  void look() {
    try {
      List<X509Certificate> chain = PemFiles.certificates(settings.certificate());
      PrivateKey key = PemFiles.key(settings.key());
      if (!shown.same(chain, key)) {
        shown = shown(settings, chain, key);
        log.info("HTTP shows a new certificate, valid until {}", shown.ends());
      }
    } catch (IllegalArgumentException e) {
      // Half of a change, perhaps: looked at again.
      log.warn("the certificate of HTTP stays what it was: {}", e.getMessage());
    }
    warn();
  }

  private void warn() {
    Duration left = Duration.between(clock.instant(), shown.ends());
    if (left.isNegative()) {
      log.error("the certificate of HTTP ended at {}: callers refuse it", shown.ends());
    } else if (left.compareTo(settings.warnWithin()) < 0) {
      log.warn("the certificate of HTTP ends at {}; put a new one into its file", shown.ends());
    }
  }

  private static Shown read(TlsSettings settings) {
    return shown(
        settings, PemFiles.certificates(settings.certificate()), PemFiles.key(settings.key()));
  }

  private static Shown shown(TlsSettings settings, List<X509Certificate> chain, PrivateKey key) {
    if (!belong(chain.getFirst(), key)) {
      throw new IllegalArgumentException(
          "the key in %s is not that of the first certificate in %s"
              .formatted(settings.key(), settings.certificate()));
    }
    try {
      char[] password = new char[0];
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, password);
      store.setKeyEntry("server", key, password, chain.toArray(X509Certificate[]::new));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return new Shown(chain, key, context);
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new IllegalArgumentException(
          "the certificates in %s are of no use: %s"
              .formatted(settings.certificate(), e.getMessage()),
          e);
    }
  }

  /** Whether what one signs the other takes for signed. */
  private static boolean belong(X509Certificate certificate, PrivateKey key) {
    byte[] text = {1, 2, 3};
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "Ed25519";
        };
    try {
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(text);
      byte[] signature = signing.sign();
      Signature verifying = Signature.getInstance(algorithm);
      verifying.initVerify(certificate.getPublicKey());
      verifying.update(text);
      return verifying.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
