package twin.simulator;

/** Machine ids that the contract allows. */
final class Ids {
  private static final int LENGTH_MAX = 56;

  private Ids() {}

  /** A name as an id: what is not allowed becomes a hyphen, and of a long name the end stays. */
  static String of(String name) {
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[^A-Za-z0-9]+", "");
    String end = plain.substring(Math.max(0, plain.length() - LENGTH_MAX));
    return end.replaceFirst("^[^A-Za-z0-9]+", "");
  }
}
