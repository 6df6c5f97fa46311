package twin.core.machine;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** SHA-256 of an event as the journal holds it: a link of the chain. Immutable. */
public final class EventHash {

  /** Length in bytes. */
  public static final int LENGTH = 32;

  /** What the first event of a machine names as the one before it. */
  public static final EventHash NONE = new EventHash(new byte[LENGTH]);

  private final byte[] bytes;

  private EventHash(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The hash with these bytes, which are copied. */
  public static EventHash of(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("a hash has " + LENGTH + " bytes, not " + bytes.length);
    }
    return new EventHash(bytes.clone());
  }

  /**
   * The hash of an event. The manifest is part of it, so that bytes cannot be passed off as an
   * event of another kind.
   */
  public static EventHash ofEvent(String manifest, byte[] encoded) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(manifest.getBytes(StandardCharsets.US_ASCII));
      digest.update((byte) 0);
      return new EventHash(digest.digest(encoded));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** A copy of the bytes. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventHash hash && Arrays.equals(bytes, hash.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** In hexadecimal. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
