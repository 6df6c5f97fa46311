package twin.core.registry;

import java.util.Arrays;
import java.util.Locale;

/** A name by which a registry points to one version of a type. */
public enum Pointer {
  /** The version to take when none is named. */
  LATEST,
  /** The version that decides. */
  CHAMPION,
  /** The version whose opinion is recorded beside the champion's. */
  SHADOW;

  /** What it is called in registries. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a version cannot be called so, because a pointer is. */
  static boolean isOneOf(String name) {
    return Arrays.stream(values()).anyMatch(each -> each.label().equalsIgnoreCase(name));
  }
}
