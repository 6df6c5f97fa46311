package twin.http.security;

import java.util.regex.Pattern;
import twin.core.store.SiteScope;
import twin.http.Role;

/**
 * A key of the configuration that lets its holder call, and the name that stands in the journal for
 * the holder.
 *
 * @param name name of the person or program that holds the key
 * @param secret the key itself; neither logged nor shown anywhere
 * @param role what its holder may do
 * @param sites the machines that its holder sees
 */
public record ApiKey(String name, String secret, Role role, SiteScope sites) {

  private static final int SHORTEST = 32;
  private static final int LONGEST = 512;
  // What both headers can carry as it is.
  private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9._~+/=-]*");

  public ApiKey {
    // What somebody took for a name may be the key: no message shows either.
    Names.requireName(name);
    if (secret.length() < SHORTEST || secret.length() > LONGEST) {
      throw new IllegalArgumentException(
          "its key has %d characters and must have %d to %d; make one with: openssl rand -hex 32"
              .formatted(secret.length(), SHORTEST, LONGEST));
    }
    if (!SECRET.matcher(secret).matches()) {
      throw new IllegalArgumentException(
          "its key must be letters, digits and any of . _ ~ + / = - ; make one with: openssl rand"
              + " -hex 32");
    }
    Grants.require(role, sites);
  }

  /** A key that nobody can guess. */
  public static String randomSecret() {
    return Digests.random();
  }

  /** Whether a text is short enough to be a key, so that no more than that is ever hashed. */
  static boolean mayBe(String presented) {
    return presented.length() >= SHORTEST && presented.length() <= LONGEST;
  }

  /** The name and what it may do. */
  @Override
  public String toString() {
    return "ApiKey[name=%s, role=%s]".formatted(name, role.label());
  }
}
