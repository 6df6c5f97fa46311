package twin.http.security;

import java.util.regex.Pattern;

/** What users and keys may be called: their names stand in journals, headers and paths. */
final class Names {

  static final String RULE =
      "a name must be 1 to 64 letters, digits, '-', '_', '.' and '@', begin with a letter or a"
          + " digit, and not be anonymous";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}");

  private Names() {}

  static boolean isName(String text) {
    return NAME.matcher(text).matches() && !text.equals("anonymous");
  }

  /** Refuses what cannot be one; the message does not show it, for it may be a secret. */
  static void requireName(String text) {
    if (!isName(text)) {
      throw new IllegalArgumentException(RULE);
    }
  }
}
