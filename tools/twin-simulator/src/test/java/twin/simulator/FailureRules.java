package twin.simulator;

/**
 * The documented failure rules of the AI4I 2020 data, written anew from the documentation so that
 * the process is not checked against itself. They look at what a reading shows.
 */
final class FailureRules {
  private FailureRules() {}

  static boolean heatDissipation(MillingSample sample) {
    return sample.processTempK() - sample.airTempK() < 8.6 - 1e-6 && sample.rpm() < 1380;
  }

  static boolean power(MillingSample sample) {
    double powerW = sample.torqueNm() * sample.rpm() * Math.PI / 30;
    return powerW < 3500 || powerW > 9000;
  }

  static boolean overstrain(MillingSample sample) {
    int limit =
        switch (sample.variant()) {
          case L -> 11_000;
          case M -> 12_000;
          case H -> 13_000;
        };
    return sample.toolWearMin() * sample.torqueNm() > limit;
  }

  static boolean toolWear(MillingSample sample) {
    return sample.toolWearMin() >= 200;
  }

  static boolean any(MillingSample sample) {
    return heatDissipation(sample) || power(sample) || overstrain(sample) || toolWear(sample);
  }
}
