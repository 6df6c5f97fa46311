package twin.core.type;

/**
 * One measured quantity of a machine type.
 *
 * @param name lower-case name in JSON, for example {@code torque_nm}
 * @param unit unit as shown to people; empty when it is not known
 * @param min least value that is physically possible, in {@code unit}; negative infinity when open
 * @param max greatest value that is physically possible, in {@code unit}; infinity when open
 * @param required whether a machine must send it to be recognised as being of the type
 * @param stuckAfterReadings after how many equal values in a row the sensor is taken to be stuck
 *     and its quality becomes uncertain; 0 never
 */
public record Channel(
    String name, String unit, double min, double max, boolean required, int stuckAfterReadings) {

  /** Longest name of a channel or attribute, in characters. */
  public static final int MAX_NAME_LENGTH = 64;

  private static final String NAME = "[A-Za-z_][A-Za-z0-9_.-]{0,63}";

  public Channel {
    if (!isName(name)) {
      throw new IllegalArgumentException("channel name '%s' must match %s".formatted(name, NAME));
    }
    if (Double.isNaN(min) || Double.isNaN(max) || min > max) {
      throw new IllegalArgumentException(
          "channel %s: its range from %s to %s is empty".formatted(name, min, max));
    }
    if (stuckAfterReadings < 0 || stuckAfterReadings == 1) {
      throw new IllegalArgumentException(
          "channel %s: stuck after %d readings makes no sense".formatted(name, stuckAfterReadings));
    }
  }

  /** A channel of which only the name is known, as a machine of no known type sends it. */
  public static Channel learned(String name) {
    return new Channel(name, "", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, false, 0);
  }

  /** Whether a name in a message can be the name of a channel or of an attribute. */
  public static boolean isName(String name) {
    // Every member of every reading is asked: without the machinery of regular expressions.
    if (name.isEmpty() || name.length() > MAX_NAME_LENGTH || isDigit(name.charAt(0))) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || isDigit(c);
      if (!plain && (i == 0 || (c != '.' && c != '-'))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Whether a value is physically possible. */
  public boolean holds(double value) {
    return value >= min && value <= max;
  }
}
