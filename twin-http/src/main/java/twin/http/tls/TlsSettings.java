package twin.http.tls;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How HTTP is encrypted, from {@code twin.http.tls}.
 *
 * @param certificate PEM file with the server's certificate and those above it
 * @param key PEM file with the certificate's private key (PKCS#8)
 * @param lookEvery how often the files are looked at for new ones
 * @param warnWithin how long before the certificate ends it is warned of
 */
public record TlsSettings(Path certificate, Path key, Duration lookEvery, Duration warnWithin) {

  public TlsSettings {
    if (lookEvery.toMillis() < 1) {
      throw new IllegalArgumentException("twin.http.tls.look-every must be above zero");
    }
    if (warnWithin.isNegative()) {
      throw new IllegalArgumentException("twin.http.tls.warn-within must not be below zero");
    }
  }

  /** From the block {@code twin.http.tls}: nothing when it names no files. */
  public static Optional<TlsSettings> of(Config tls) {
    String certificate = tls.getString("certificate");
    String key = tls.getString("key");
    if (certificate.isEmpty() != key.isEmpty()) {
      throw new IllegalArgumentException(
          "twin.http.tls needs both certificate and key, or neither; %s is missing"
              .formatted(key.isEmpty() ? "key" : "certificate"));
    }
    return certificate.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new TlsSettings(
                Path.of(certificate),
                Path.of(key),
                tls.getDuration("look-every"),
                tls.getDuration("warn-within")));
  }
}
