package twin.core.registry;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import twin.core.inference.BundleName;
import twin.core.registry.RegistryException.Reason;

/** What all registries refuse in the same words. */
final class Listing {

  private Listing() {}

  static void requireRoom(int found, int bundlesMax, String place) throws RegistryException {
    if (found > bundlesMax) {
      throw new RegistryException(
          Reason.TOO_LARGE,
          "%s has more than the %d bundles that twin.models.registry.bundles-max allows"
              .formatted(place, bundlesMax));
    }
  }

  static RegistryException tooLarge(String what, long bytesMax) {
    return new RegistryException(
        Reason.TOO_LARGE, "%s has more than %d bytes".formatted(what, bytesMax));
  }

  /** A pointer's name cannot be a version's too. */
  static void requireVersion(BundleName bundle) throws RegistryException {
    if (Pointer.isOneOf(bundle.version())) {
      throw new RegistryException(
          Reason.TAKEN,
          "%s cannot be published: a registry uses that name to point to a version"
              .formatted(bundle));
    }
  }

  /** The version that a pointer's bytes name, if they name one. */
  static Optional<String> version(byte[] bytes) {
    return Optional.of(new String(bytes, StandardCharsets.UTF_8).strip())
        .filter(BundleName::isPlain);
  }
}
