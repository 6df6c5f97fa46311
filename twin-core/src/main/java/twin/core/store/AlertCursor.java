package twin.core.store;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;

/** Where a page ended in a list with the open ones first and the newest of each first. */
record AlertCursor(boolean open, Instant at, String alertId) {

  private static final String OPEN = "open";
  private static final String CLOSED = "closed";
  private static final String WRONG = "The cursor is not one that this list gave.";

  String text() {
    String plain = (open ? OPEN : CLOSED) + " " + at + " " + alertId;
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  static AlertCursor parse(String text) {
    try {
      String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
      String[] parts = plain.split(" ", 3);
      if (parts.length == 3 && (parts[0].equals(OPEN) || parts[0].equals(CLOSED))) {
        return new AlertCursor(parts[0].equals(OPEN), Instant.parse(parts[1]), parts[2]);
      }
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IllegalArgumentException(WRONG, e);
    }
    throw new IllegalArgumentException(WRONG);
  }
}
