package twin.core.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Roots as others compute them. */
final class MerkleTreeTest {

  private static final HexFormat HEX = HexFormat.of();

  /** The leaves and roots by which implementations of Certificate Transparency test each other. */
  @Test
  void givesTheRootsOfCertificateTransparency() {
    List<String> leaves =
        List.of(
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f");
    List<String> roots =
        List.of(
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    MerkleTree tree = new MerkleTree();
    assertThat(tree.root())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (int i = 0; i < leaves.size(); i++) {
      tree.add(HEX.parseHex(leaves.get(i)));
      assertThat(tree.root()).as("%d leaves", i + 1).isEqualTo(roots.get(i));
      assertThat(tree.leaves()).isEqualTo(i + 1);
    }
  }

  @Test
  void agreesWithTheDefinition() {
    Random random = new Random(7);
    List<byte[]> leaves = new ArrayList<>();
    MerkleTree tree = new MerkleTree();
    for (int i = 0; i < 200; i++) {
      byte[] leaf = new byte[random.nextInt(40)];
      random.nextBytes(leaf);
      leaves.add(leaf);
      tree.add(leaf);
      assertThat(tree.root()).isEqualTo(HEX.formatHex(defined(leaves)));
    }
  }

  /** RFC 6962, section 2.1, word by word. */
  private static byte[] defined(List<byte[]> leaves) {
    MessageDigest digest = MerkleTree.sha256();
    int n = leaves.size();
    if (n == 1) {
      digest.update((byte) 0);
      return digest.digest(leaves.getFirst());
    }
    int k = Integer.highestOneBit(n - 1);
    byte[] left = defined(leaves.subList(0, k));
    byte[] right = defined(leaves.subList(k, n));
    byte[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    digest.update((byte) 1);
    return digest.digest(both);
  }
}
