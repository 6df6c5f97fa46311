package twin.http.security;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * A key that lets its holder call, and the name that stands in the journal for the holder.
 *
 * @param name name of the person or program that holds the key
 * @param secret the key itself; neither logged nor shown anywhere
 */
public record ApiKey(String name, String secret) {

  private static final int SHORTEST = 32;
  private static final int LONGEST = 512;
  // No dot: it ends the name in a session's token.
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  // What both headers can carry as it is.
  private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9._~+/=-]*");

  public ApiKey {
    // What somebody took for a name may be the key: no message shows either.
    if (!NAME.matcher(name).matches() || name.equals("anonymous")) {
      throw new IllegalArgumentException(
          "its name must be 1 to 64 letters, digits, '-' and '_', and not anonymous");
    }
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
  }

  /** Whether a text is short enough to be a key, so that no more than that is ever hashed. */
  static boolean mayBe(String presented) {
    return presented.length() >= SHORTEST && presented.length() <= LONGEST;
  }

  byte[] bytes() {
    return secret.getBytes(StandardCharsets.UTF_8);
  }

  /** The name alone. */
  @Override
  public String toString() {
    return "ApiKey[name=%s]".formatted(name);
  }
}
