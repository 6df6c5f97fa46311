package twin.core.inference;

import org.jspecify.annotations.Nullable;

/**
 * A bundle that lies where bundles are kept, as its manifest tells. That it is listed does not say
 * that it can be opened: only opening it compares its files with the manifest.
 *
 * @param type the machine type, by the folder that it lies in
 * @param version the version, likewise
 * @param sha256 digest of the manifest, in hexadecimal; empty when it cannot be read
 * @param loaded whether it is open and can be asked at once
 * @param champion whether it decides for the machines of its type
 * @param shadow whether its opinion is recorded beside the champion's
 * @param manifest what it says of itself; null when it cannot be read
 * @param trouble why it cannot be read, or could not be opened; empty when nothing is known against
 *     it
 */
public record StoredBundle(
    String type,
    String version,
    String sha256,
    boolean loaded,
    boolean champion,
    boolean shadow,
    @Nullable BundleManifest manifest,
    String trouble) {

  /** The same with another part to play. */
  public StoredBundle as(boolean decides, boolean inTheShadow) {
    return new StoredBundle(type, version, sha256, loaded, decides, inTheShadow, manifest, trouble);
  }
}
