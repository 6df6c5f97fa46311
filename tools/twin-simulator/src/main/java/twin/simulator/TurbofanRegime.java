package twin.simulator;

import java.util.Arrays;

/**
 * A regime that an engine of the C-MAPSS data flies in. Altitude, Mach number and throttle are the
 * documented ones; the shares were counted in train_FD002, where they follow one another at random.
 */
enum TurbofanRegime {
  GROUND(0, 0, 100, 0.15),
  CLIMB_10(10, 0.25, 100, 0.15),
  CLIMB_20(20, 0.7, 100, 0.15),
  DESCENT_25(25, 0.62, 60, 0.15),
  CRUISE_35(35, 0.84, 100, 0.15),
  CRUISE_42(42, 0.84, 100, 0.25);

  final double altitudeKft;
  final double machNumber;
  final double throttlePercent;
  private final double share;

  TurbofanRegime(double altitudeKft, double machNumber, double throttlePercent, double share) {
    this.altitudeKft = altitudeKft;
    this.machNumber = machNumber;
    this.throttlePercent = throttlePercent;
    this.share = share;
  }

  /** The regime for a number drawn evenly from [0, 1). */
  static TurbofanRegime at(double uniform) {
    double below = 0;
    for (TurbofanRegime regime : values()) {
      below += regime.share;
      if (uniform < below) {
        return regime;
      }
    }
    return Arrays.asList(values()).getLast();
  }
}
