package twin.core.inference;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A bundle by its machine type and version. Bundles are in the order of their types, and those of a
 * type with the highest version first.
 *
 * @param type the machine type
 * @param version the bundle's version
 */
public record BundleName(String type, String version) implements Comparable<BundleName> {

  /**
   * What a type, a version and a file of a bundle may be called: a plain name that leads out of no
   * folder.
   */
  static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  /** Versions by the numbers in them, so that 1.10.0 is above 1.9.0; then by their text. */
  public static final Comparator<String> BY_VERSION =
      Comparator.comparing(BundleName::numbers, BundleName::compare)
          .thenComparing(Comparator.naturalOrder());

  private static final Comparator<BundleName> ORDER =
      Comparator.comparing(BundleName::type)
          .thenComparing(BundleName::version, BY_VERSION.reversed());

  public BundleName {
    if (!isPlain(type) || !isPlain(version)) {
      throw new IllegalArgumentException(
          "a bundle is named TYPE:VERSION, such as milling:1.0.0, not '%s:%s'"
              .formatted(type, version));
    }
  }

  /** Whether a type, a version or a file of a bundle may be called so. */
  public static boolean isPlain(String name) {
    return PLAIN.matcher(name).matches();
  }

  /**
   * Reads {@code TYPE:VERSION}.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static BundleName parse(String label) {
    int colon = label.indexOf(':');
    return colon < 0
        ? new BundleName(label, "")
        : new BundleName(label.substring(0, colon), label.substring(colon + 1));
  }

  /** {@code TYPE:VERSION}, as people and interfaces write it. */
  public String label() {
    return type + ":" + version;
  }

  @Override
  public int compareTo(BundleName other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return label();
  }

  private static List<Integer> numbers(String version) {
    List<Integer> numbers = new ArrayList<>();
    for (String part : version.split("[.-]", -1)) {
      if (!part.matches("\\d{1,9}")) {
        break;
      }
      numbers.add(Integer.parseInt(part));
    }
    return numbers;
  }

  private static int compare(List<Integer> one, List<Integer> other) {
    for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
      int byNumber = one.get(i).compareTo(other.get(i));
      if (byNumber != 0) {
        return byNumber;
      }
    }
    return Integer.compare(one.size(), other.size());
  }
}
