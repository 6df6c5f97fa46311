package twin.ingest.codec;

/** Makes texts of devices fit to be kept: short, and free of what no encoding or table takes. */
public final class Texts {

  private static final char REPLACEMENT = '\uFFFD';

  private Texts() {}

  /** The first so many characters, with control characters and halves of pairs replaced. */
  public static String kept(String text, int maxLength) {
    int end = Math.min(text.length(), maxLength);
    if (end < text.length() && end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return isClean(text, end) ? text.substring(0, end) : cleaned(text, end);
  }

  /** Whether it holds no control characters and no halves of pairs. */
  public static boolean isClean(String text) {
    return isClean(text, text.length());
  }

  private static boolean isClean(String text, int end) {
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == 0x7f) {
        return false;
      }
      if (Character.isSurrogate(c)) {
        if (!isPair(text, i, end)) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  private static String cleaned(String text, int end) {
    StringBuilder clean = new StringBuilder(end);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c) && isPair(text, i, end)) {
        clean.append(c).append(text.charAt(++i));
      } else {
        clean.append(c < ' ' || c == 0x7f || Character.isSurrogate(c) ? REPLACEMENT : c);
      }
    }
    return clean.toString();
  }

  private static boolean isPair(String text, int at, int end) {
    return Character.isHighSurrogate(text.charAt(at))
        && at + 1 < end
        && Character.isLowSurrogate(text.charAt(at + 1));
  }
}
