package twin.simulator;

/** What a simulated turbofan engine goes through. */
enum TurbofanProfile {
  /** A healthy engine. One that was degrading is overhauled first. */
  NORMAL,
  /** Degrades until it fails, is overhauled, and degrades again. */
  DEGRADING
}
