package twin.core.store;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which sites somebody sees: all, or those that are named. Who sees only some does not see machines
 * of which no site is known. An immutable value.
 *
 * @param names the sites; none stands for all
 */
public record SiteScope(Set<String> names) {

  /** Every machine. */
  public static final SiteScope ALL = new SiteScope(Set.of());

  public SiteScope {
    names = Set.copyOf(names);
  }

  /** Whether every machine is seen. */
  public boolean isAll() {
    return names.isEmpty();
  }

  /** Whether a machine of that site is seen. */
  public boolean admits(@Nullable String site) {
    return isAll() || (site != null && names.contains(site));
  }
}
