package twin.http;

import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.jspecify.annotations.Nullable;
import twin.core.store.SiteScope;

/**
 * Who makes a call, as it stands in the journal beside what the call changed, and what they may do.
 *
 * @param name name of the person or program
 * @param means how they said who they are
 * @param role what they may do
 * @param sites the machines that they see
 */
public record Caller(String name, Means means, Role role, SiteScope sites) {

  /** How a caller says who they are. */
  public enum Means {
    /** Not at all. */
    NONE,
    /** With a key in a header. */
    API_KEY,
    /** With an access token in a header. */
    TOKEN,
    /** With the cookie of a browser that signed in. */
    SESSION
  }

  private static final String NO_NAME = "anonymous";

  /** Whoever reaches a server that only its own machine can reach: may do everything. */
  public static final Caller ANONYMOUS =
      new Caller(NO_NAME, Means.NONE, Role.ADMINISTRATOR, SiteScope.ALL);

  /** Whoever asks for what anybody may have, without being asked who they are. */
  public static final Caller STRANGER = new Caller(NO_NAME, Means.NONE, Role.VIEWER, SiteScope.ALL);

  /** Whether they see a machine of that site. */
  public boolean sees(@Nullable String site) {
    return sites.admits(site);
  }

  /** Ends the call of who does not have the role. */
  public void require(Role needed) {
    if (!role.covers(needed)) {
      throw Problem.of(
              StatusCodes.FORBIDDEN,
              "This needs the role %s, and %s has the role %s. An administrator can give another."
                  .formatted(needed.label(), name, role.label()))
          .withMember("role", needed.label())
          .toException();
    }
  }

  /** Ends the call of who sees only some sites. */
  public void requireAllSites() {
    if (!sites.isAll()) {
      throw Problem.of(
              StatusCodes.FORBIDDEN,
              "This concerns the machines of all sites, and %s sees only some of them."
                  .formatted(name))
          .toException();
    }
  }
}
