package twin.simulator;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a simulated milling machine goes through. Every profile but {@link #NORMAL} leads to its own
 * failure mode over some tens of readings and to no other mode on the way.
 */
public enum Profile {
  /** A healthy machine that stays clear of every failure rule. */
  NORMAL,
  /** An old tool under a load that rises beyond what the product variant bears. */
  OVERSTRAIN,
  /** The hall warms up, the process is cooled badly and the spindle runs slowly under load. */
  HEAT_DISSIPATION,
  /** The spindle delivers less and less power. */
  POWER_FAILURE,
  /** A tool that wears four times as fast and that nobody changes. */
  TOOL_WEAR,
  /** A healthy machine with a broken sensor: stuck, missing, out of range, text for a number. */
  SENSOR_FAULT;

  /** The name used in commands and addresses, for example {@code heat_dissipation}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The profile of that wire name.
   *
   * @throws IllegalArgumentException with the names that are allowed
   */
  public static Profile of(String wireName) {
    return Arrays.stream(values())
        .filter(profile -> profile.wireName().equals(wireName))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no profile '%s'; a milling machine has %s."
                        .formatted(wireName, allowed())));
  }

  private static String allowed() {
    return Arrays.stream(values()).map(Profile::wireName).collect(Collectors.joining(", "));
  }
}
