package twin.http.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates and keys as OpenSSL and certificate authorities write them. */
final class PemFiles {

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");
  private static final String PRIVATE_KEY = "PRIVATE KEY";
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519");

  private PemFiles() {}

  /**
   * The certificates of a file, in its order.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  static List<X509Certificate> certificates(Path file) {
    try {
      List<X509Certificate> found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes(file)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (found.isEmpty()) {
        throw new IllegalArgumentException(file + " holds no certificate");
      }
      return found;
    } catch (CertificateException e) {
      throw new IllegalArgumentException(
          "%s holds no certificate that can be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * The private key of a file.
   *
   * @throws IllegalArgumentException with one line that says what is wrong and never quotes the
   *     file
   */
  static PrivateKey key(Path file) {
    Matcher block = BLOCK.matcher(new String(bytes(file), StandardCharsets.US_ASCII));
    String other = "";
    while (block.find()) {
      if (block.group(1).equals(PRIVATE_KEY)) {
        return decoded(file, block.group(2));
      }
      other = block.group(1);
    }
    throw new IllegalArgumentException(
        other.endsWith(PRIVATE_KEY)
            ? ("%s holds an %s; write it anew as PKCS#8 without a password: openssl pkcs8 -topk8"
                    + " -nocrypt -in %s")
                .formatted(file, other, file.getFileName())
            : "%s holds no private key (BEGIN PRIVATE KEY)".formatted(file));
  }

  private static PrivateKey decoded(Path file, String base64) {
    byte[] encoded;
    try {
      encoded = Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + " holds a private key that is cut or changed", e);
    }
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } catch (InvalidKeySpecException e) {
        // It may be of the next kind.
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("This JDK has no keys of the kind " + algorithm, e);
      }
    }
    throw new IllegalArgumentException(
        "%s holds a private key that is none of %s".formatted(file, String.join(", ", ALGORITHMS)));
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalArgumentException("%s cannot be read (%s)".formatted(file, e), e);
    }
  }
}
