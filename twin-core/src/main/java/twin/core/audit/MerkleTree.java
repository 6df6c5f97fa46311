package twin.core.audit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;

/**
 * The root of a Merkle tree as RFC 6962 (section 2.1) defines it, over leaves that come one after
 * another. It keeps a hash for each level and no leaf. Leaves and inner nodes are hashed apart, so
 * that none can be passed off as the other. Not thread-safe.
 */
final class MerkleTree {

  private static final byte LEAF = 0;
  private static final byte NODE = 1;

  private final MessageDigest digest = sha256();

  /** Roots of whole subtrees, one for each bit that is set in the number of leaves. */
  private final Deque<byte[]> subtrees = new ArrayDeque<>();

  private long leaves;

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Adds a leaf behind those that there are. */
  void add(byte[] leaf) {
    digest.update(LEAF);
    byte[] added = digest.digest(leaf);
    leaves++;
    for (int height = Long.numberOfTrailingZeros(leaves); height > 0; height--) {
      added = node(subtrees.removeLast(), added);
    }
    subtrees.addLast(added);
  }

  void add(Head head) {
    add(head.line().getBytes(StandardCharsets.UTF_8));
  }

  private byte[] node(byte[] left, byte[] right) {
    digest.update(NODE);
    digest.update(left);
    return digest.digest(right);
  }

  long leaves() {
    return leaves;
  }

  /** The root of what has been added, in hexadecimal. */
  String root() {
    Deque<byte[]> open = new ArrayDeque<>(subtrees);
    byte[] root = open.isEmpty() ? digest.digest() : open.removeLast();
    while (!open.isEmpty()) {
      root = node(open.removeLast(), root);
    }
    return HexFormat.of().formatHex(root);
  }
}
