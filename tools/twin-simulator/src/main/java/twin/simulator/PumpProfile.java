package twin.simulator;

/** What a simulated pump goes through. */
enum PumpProfile {
  /** A pump at its working temperature, with its valves open. */
  NORMAL,
  /** The valve behind the pump is closed in part. */
  VALVE_CLOSING,
  /** Vapour bubbles form at the inlet and collapse in the wheel. */
  CAVITATION
}
