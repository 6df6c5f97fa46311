package twin.core.machine;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a machine stands in the plant and what people say of it. Names of the hierarchy after
 * ISA-95; empty where they are not known.
 *
 * @param attributes free attributes by name, in the order of their names
 */
public record Description(
    @Nullable String site,
    @Nullable String area,
    @Nullable String line,
    SortedMap<String, String> attributes) {

  /** Most free attributes of a machine. */
  public static final int MAX_ATTRIBUTES = 64;

  /** Longest name or value, in characters. */
  public static final int MAX_LENGTH = 256;

  /** Nothing is known. */
  public static final Description NONE = new Description(null, null, null, new TreeMap<>());

  public Description {
    attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
    if (attributes.size() > MAX_ATTRIBUTES) {
      throw new IllegalArgumentException(
          "a machine has at most %d attributes, not %d"
              .formatted(MAX_ATTRIBUTES, attributes.size()));
    }
    requireShort("site", site);
    requireShort("area", area);
    requireShort("line", line);
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      requireShort("the name of an attribute", attribute.getKey());
      requireShort("attribute " + attribute.getKey(), attribute.getValue());
    }
  }

  private static void requireShort(String what, @Nullable String text) {
    if (text != null && text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "%s is longer than %d characters".formatted(what, MAX_LENGTH));
    }
  }
}
