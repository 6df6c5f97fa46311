package twin.core.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list.
 *
 * @param nextCursor asks for the part after this one; null when this is the last
 */
public record Page<T>(List<T> items, @Nullable String nextCursor) {
  /** Copies the items. */
  public Page {
    items = List.copyOf(items);
  }
}
