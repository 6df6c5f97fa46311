package twin.simulator;

/**
 * What a simulated milling machine goes through. Every profile but {@link #NORMAL} leads to its own
 * failure mode over some tens of readings and to no other mode on the way.
 */
enum MillingProfile {
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
  SENSOR_FAULT
}
