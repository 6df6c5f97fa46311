package twin.ingest.mapping;

import java.util.ArrayList;
import java.util.List;

/**
 * A JSON Pointer (RFC 6901).
 *
 * @param text as it was written
 * @param tokens names of members or indexes of elements, from the outside in
 */
record Pointer(String text, List<String> tokens) {

  /** Reading a message goes as deep as the pointers do, so they have a bound. */
  static final int TOKENS_MAX = 16;

  Pointer {
    tokens = List.copyOf(tokens);
  }

  /**
   * Reads a pointer.
   *
   * @throws IllegalArgumentException when it is none, with how to mend it
   */
  static Pointer parse(String text) {
    if (text.isEmpty()) {
      return new Pointer(text, List.of());
    }
    if (text.charAt(0) != '/') {
      throw new IllegalArgumentException(
          "the JSON Pointer '%s' must begin with '/', for example '/%s'; '' is the whole"
              .formatted(text, text));
    }
    List<String> tokens = new ArrayList<>();
    for (String token : text.substring(1).split("/", -1)) {
      tokens.add(unescaped(text, token));
    }
    if (tokens.size() > TOKENS_MAX) {
      throw new IllegalArgumentException(
          "the JSON Pointer '%s' goes more than %d deep".formatted(text, TOKENS_MAX));
    }
    return new Pointer(text, tokens);
  }

  private static String unescaped(String text, String token) {
    for (int at = token.indexOf('~'); at >= 0; at = token.indexOf('~', at + 1)) {
      if (at + 1 == token.length()
          || (token.charAt(at + 1) != '0' && token.charAt(at + 1) != '1')) {
        throw new IllegalArgumentException(
            "the JSON Pointer '%s' has a '~' that is neither '~0' (for '~') nor '~1' (for '/')"
                .formatted(text));
      }
    }
    return token.replace("~1", "/").replace("~0", "~");
  }

  boolean startsWith(Pointer other) {
    return tokens.size() >= other.tokens.size()
        && tokens.subList(0, other.tokens.size()).equals(other.tokens);
  }

  /** The beginning of this pointer, so many tokens long, as it would be written. */
  String head(int length) {
    StringBuilder head = new StringBuilder();
    for (String token : tokens.subList(0, length)) {
      head.append('/').append(token.replace("~", "~0").replace("/", "~1"));
    }
    return head.toString();
  }
}
