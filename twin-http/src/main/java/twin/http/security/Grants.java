package twin.http.security;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import twin.core.machine.Description;
import twin.core.store.SiteScope;
import twin.http.Role;

/** What somebody may be given. */
final class Grants {

  /** So that a query for the machines that somebody sees has a bound. */
  private static final int SITES_MAX = 100;

  private Grants() {}

  /** Refuses what makes no sense together. */
  static void require(Role role, SiteScope sites) {
    if (role == Role.ADMINISTRATOR && !sites.isAll()) {
      throw new IllegalArgumentException(
          "an administrator sees all sites: whoever gives out roles could see them anyway");
    }
  }

  /** Sites by their names; none stands for all. */
  static SiteScope sites(List<String> names) {
    Set<String> distinct = new HashSet<>(names);
    if (distinct.size() > SITES_MAX) {
      throw new IllegalArgumentException(
          "sites may be %d at most, not %d".formatted(SITES_MAX, distinct.size()));
    }
    for (String name : distinct) {
      if (name.isBlank() || name.length() > Description.MAX_LENGTH || name.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "a site must have 1 to %d characters".formatted(Description.MAX_LENGTH));
      }
    }
    return new SiteScope(distinct);
  }

  /** A role by its name. */
  static Role role(String label) {
    for (Role role : Role.values()) {
      if (role.label().equals(label)) {
        return role;
      }
    }
    throw new IllegalArgumentException("role must be viewer, operator, engineer or administrator");
  }
}
