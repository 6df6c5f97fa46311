package twin.simulator;

/**
 * The product variant that a step of the milling process works on. Shares, wear and the limit of
 * strain are the documented ones of the AI4I 2020 data.
 */
enum Variant {
  L(0.6, 2, 11_000),
  M(0.3, 3, 12_000),
  H(0.1, 5, 13_000);

  final double share;
  final int wearMinPerStep;

  /** Wear times torque above which the tool is overstrained, in min·Nm. */
  final double strainLimitMinNm;

  Variant(double share, int wearMinPerStep, double strainLimitMinNm) {
    this.share = share;
    this.wearMinPerStep = wearMinPerStep;
    this.strainLimitMinNm = strainLimitMinNm;
  }

  /** The variant for a number drawn evenly from [0, 1). */
  static Variant at(double uniform) {
    double below = 0;
    for (Variant variant : values()) {
      below += variant.share;
      if (uniform < below) {
        return variant;
      }
    }
    return H;
  }
}
