package twin.core.registry;

import com.typesafe.config.Config;

/**
 * How much a registry may hold.
 *
 * @param bundlesMax most bundles that are listed
 * @param fileBytesMax the largest file of a bundle
 * @param bundleBytesMax the largest bundle; it is held in memory while it is copied
 */
public record RegistryLimits(int bundlesMax, long fileBytesMax, long bundleBytesMax) {

  public RegistryLimits {
    if (bundlesMax < 1
        || fileBytesMax < 1
        || bundleBytesMax < fileBytesMax
        || fileBytesMax >= Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "twin.models.registry: bundles-max and file-bytes-max must be 1 or more, file-bytes-max"
              + " under 2 GiB and no more than bundle-bytes-max");
    }
  }

  static RegistryLimits of(Config config) {
    return new RegistryLimits(
        config.getInt("bundles-max"),
        config.getBytes("file-bytes-max"),
        config.getBytes("bundle-bytes-max"));
  }
}
