package twin.core.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/** The public half of a key that seals, by which anybody can check them. Immutable. */
public final class VerifyingKey {

  static final String ALGORITHM = "Ed25519";
  private static final int ID_BYTES = 8;

  private final PublicKey key;

  VerifyingKey(PublicKey key) {
    this.key = key;
  }

  /**
   * A key in PEM, as {@code openssl pkey -pubout} writes it.
   *
   * @throws AuditException when it is none
   */
  public static VerifyingKey of(String pem) {
    try {
      return new VerifyingKey(
          KeyFactory.getInstance(ALGORITHM)
              .generatePublic(new X509EncodedKeySpec(bytes(pem, "PUBLIC KEY"))));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new AuditException("this is no public key of Ed25519 in PEM: " + e.getMessage(), e);
    }
  }

  /**
   * A key from a file.
   *
   * @throws AuditException when it cannot be read
   */
  public static VerifyingKey read(Path file) {
    try {
      return of(Files.readString(file, StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new AuditException("the public key " + file + " cannot be read: " + e, e);
    }
  }

  static byte[] bytes(String pem, String label) {
    String begin = "-----BEGIN " + label + "-----";
    String end = "-----END " + label + "-----";
    int from = pem.indexOf(begin);
    int to = pem.indexOf(end);
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("there is no " + begin);
    }
    return Base64.getMimeDecoder().decode(pem.substring(from + begin.length(), to));
  }

  static String pem(byte[] encoded, String label) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
    return "-----BEGIN " + label + "-----\n" + lines + "\n-----END " + label + "-----\n";
  }

  /** In PEM. */
  public String pem() {
    return pem(key.getEncoded(), "PUBLIC KEY");
  }

  /** The first half of the first half of SHA-256 over it, in hexadecimal: enough to name it. */
  public String id() {
    byte[] hash = MerkleTree.sha256().digest(key.getEncoded());
    return HexFormat.of().formatHex(hash, 0, ID_BYTES);
  }

  /** Whether this key's other half has signed the seal. */
  boolean hasSigned(Seal seal) {
    try {
      Signature verifier = Signature.getInstance(ALGORITHM);
      verifier.initVerify(key);
      verifier.update(seal.signed());
      return verifier.verify(seal.signatureBytes());
    } catch (GeneralSecurityException e) {
      // A signature that is not even formed like one.
      return false;
    }
  }
}
