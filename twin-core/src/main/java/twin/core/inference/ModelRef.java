package twin.core.inference;

/**
 * Names a model bundle, and says which bytes are meant.
 *
 * @param type the machine type
 * @param version the bundle's version
 * @param sha256 digest of the bundle's manifest, in hexadecimal; empty for what is built in
 */
public record ModelRef(String type, String version, String sha256) {

  /** The statistical gate of machines without a bundle. */
  public static ModelRef builtInGate(String type) {
    return new ModelRef(type, "builtin-1", "");
  }

  /** Whether it is the statistical gate and no bundle. */
  public boolean builtIn() {
    return sha256.isEmpty();
  }

  /** {@code TYPE:VERSION}, as people and interfaces write it. */
  public String label() {
    return type + ":" + version;
  }
}
