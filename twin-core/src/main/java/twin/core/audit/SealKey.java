package twin.core.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key that seals. It is in a file that nobody but its owner should be able to read, in PEM as
 * {@code openssl genpkey -algorithm ed25519} writes it too. Thread-safe.
 */
final class SealKey {
  private static final Logger log = LoggerFactory.getLogger(SealKey.class);
  private static final String LABEL = "PRIVATE KEY";

  private final PrivateKey key;
  private final VerifyingKey verifying;

  private SealKey(PrivateKey key, VerifyingKey verifying) {
    this.key = key;
    this.verifying = verifying;
  }

  /**
   * The key in a file; made, for nobody but its owner to read, where there is none.
   *
   * @throws AuditException when there is none and none can be made
   */
  static SealKey openOrMake(Path file) {
    try {
      if (!Files.exists(file)) {
        make(file);
      }
      warnOfReaders(file);
      PrivateKey key =
          KeyFactory.getInstance(VerifyingKey.ALGORITHM)
              .generatePrivate(
                  new PKCS8EncodedKeySpec(
                      VerifyingKey.bytes(
                          Files.readString(file, StandardCharsets.US_ASCII), LABEL)));
      return new SealKey(key, new VerifyingKey(publicHalf(key).getPublic()));
    } catch (IOException e) {
      throw new AuditException(
          "the key that seals, %s (twin.audit.private-key), cannot be read or made: %s"
              .formatted(file, e),
          e);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new AuditException(
          "%s (twin.audit.private-key) holds no private key of Ed25519 in PEM: %s"
              .formatted(file, e.getMessage()),
          e);
    }
  }

  private static void make(Path file) throws IOException, GeneralSecurityException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    KeyPair pair = KeyPairGenerator.getInstance(VerifyingKey.ALGORITHM).generateKeyPair();
    FileAttribute<?>[] ownerOnly =
        hasPermissions()
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    try (SeekableByteChannel channel =
        Files.newByteChannel(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly)) {
      ByteBuffer pem =
          StandardCharsets.US_ASCII.encode(VerifyingKey.pem(pair.getPrivate().getEncoded(), LABEL));
      while (pem.hasRemaining()) {
        channel.write(pem);
      }
    } catch (FileAlreadyExistsException e) {
      log.debug("another process has made {} at the same time", file);
    }
  }

  private static boolean hasPermissions() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }

  private static void warnOfReaders(Path file) throws IOException {
    if (hasPermissions()) {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      if (permissions.contains(PosixFilePermission.GROUP_READ)
          || permissions.contains(PosixFilePermission.OTHERS_READ)) {
        log.warn("{} can be read by others than its owner: whoever has it can seal", file);
      }
    }
  }

  /**
   * A key's public half. The platform has no direct way to it: it makes a pair from what it takes
   * for chance, which here is the private key itself.
   */
  private static KeyPair publicHalf(PrivateKey key) throws GeneralSecurityException {
    byte[] secret =
        ((EdECPrivateKey) key)
            .getBytes()
            .orElseThrow(() -> new GeneralSecurityException("the key does not show its bytes"));
    KeyPairGenerator generator = KeyPairGenerator.getInstance(VerifyingKey.ALGORITHM);
    generator.initialize(NamedParameterSpec.ED25519, new NotByChance(secret));
    return generator.generateKeyPair();
  }

  private static final class NotByChance extends SecureRandom {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial") // Nobody writes it anywhere.
    private final byte[] bytes;

    NotByChance(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public void nextBytes(byte[] into) {
      if (into.length != bytes.length) {
        throw new IllegalStateException("the platform makes keys in another way than expected");
      }
      System.arraycopy(bytes, 0, into, 0, into.length);
    }
  }

  VerifyingKey verifying() {
    return verifying;
  }

  /** The seal with this key's signature. It must name this key. */
  Seal sign(Seal seal) {
    try {
      Signature signer = Signature.getInstance(VerifyingKey.ALGORITHM);
      signer.initSign(key);
      signer.update(seal.signed());
      Seal signed = seal.withSignature(signer.sign());
      if (!verifying.hasSigned(signed)) {
        throw new IllegalStateException("the two halves of the key that seals do not fit");
      }
      return signed;
    } catch (GeneralSecurityException e) {
      throw new AuditException("a seal cannot be signed: " + e.getMessage(), e);
    }
  }
}
