package twin.simulator;

import java.util.random.RandomGenerator;

/**
 * The process behind the AI4I 2020 data (S. Matzka, "Explainable Artificial Intelligence for
 * Predictive Maintenance Applications", 2020), step by step and without an end.
 *
 * <p>As in the data every step works on one product, whose variant is drawn anew (L 60 %, M 30 %, H
 * 10 %) and wears the tool by 2, 3 or 5 min; the wear shown is the one before the step. Torque is
 * N(40, 10) Nm without negatives. Speed follows torque by the documented table with a standard
 * deviation of 50 rpm. The air temperature is a random walk with a standard deviation of 2 K around
 * 300 K, the process temperature one of 1 K over air + 10 K. A recorded walk can be normalised
 * afterwards; one without an end cannot, so each walk is pulled back to its mean just strongly
 * enough to have that deviation in the long run. The length of its steps was estimated from the
 * data.
 *
 * <p>A healthy machine keeps clear of each failure rule by a tenth: the tool is replaced after 150
 * to 180 min, the process stays at least 8.8 K above the air, and a step whose power or strain
 * would come within a tenth of its limit, or that would run slowly while hot, is drawn again, as an
 * operator would choose another feed. That leaves a torque of N(40, 8.7) Nm. Another profile lets
 * go of its own rule only.
 *
 * <p>Deterministic: the same seed and the same profiles at the same steps give the same samples.
 * Not thread-safe.
 */
final class MillingProcess {
  private static final double AIR_MEAN_K = 300;
  private static final double AIR_SD_K = 2;
  private static final double AIR_STEP_SD_K = 0.057;
  private static final double HEAT_MEAN_K = 10;
  private static final double HEAT_SD_K = 1;
  private static final double HEAT_STEP_SD_K = 0.038;

  private static final double TORQUE_MEAN_NM = 40;
  private static final double TORQUE_SD_NM = 10;
  private static final double SPEED_SD_RPM = 50;
  private static final double[] TORQUE_NM = {
    4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 76
  };
  private static final double[] SPEED_RPM = {
    2856, 2724, 2564, 2217, 1979, 1833, 1710, 1627, 1557, 1499, 1453, 1419, 1386, 1359, 1334, 1312,
    1285, 1251
  };

  private static final double POWER_MIN_W = 3_500;
  private static final double POWER_MAX_W = 9_000;
  private static final double MARGIN = 0.1;
  private static final double HEALTHY_HEAT_K = 8.8;
  private static final double HEALTHY_SLOW_RPM = 1_420;
  private static final int HEALTHY_TOOL_LIFE_MIN = 150;
  private static final int HEALTHY_TOOL_LIFE_MAX = 180;

  /** Steps over which a profile other than normal grows to its full strength. */
  private static final int RAMP_STEPS = 30;

  private static final int WEAR_FACTOR_FAULTY = 4;
  private static final int TOOL_WEAR_HELD_AT_MIN = 250;
  private static final int OVERSTRAIN_HELD_AT_MIN = 220;
  private static final double OVERSTRAIN_AIM = 1.1;
  private static final double OVERSTRAIN_TORQUE_MAX_NM = 61;
  private static final int HEAT_TOOL_LIFE_MIN = 140;
  private static final double HEAT_TORQUE_NM = 60;
  private static final double HEAT_AIR_K = 302.5;
  private static final double HEAT_DIFFERENCE_K = 7.8;
  private static final double HEAT_DRIFT_K = 0.12;
  private static final double POWER_FAILURE_TORQUE_NM = 10;
  private static final double DRIVEN_TORQUE_SD_NM = 1.5;

  /** A cut that breaks no rule at any wear below 250 min, taken when no drawn one does. */
  private static final double SAFE_TORQUE_NM = 30;

  private static final int DRAWS_MAX = 64;

  private final RandomGenerator random;
  private double airTempK;
  private double heatDifferenceK;
  private int toolWearMin;
  private int toolLifeMin;
  private MillingProfile profile = MillingProfile.NORMAL;
  private int stepsInProfile;

  MillingProcess(long seed) {
    random = Seeds.random(seed);
    airTempK = AIR_MEAN_K + AIR_SD_K * random.nextGaussian();
    heatDifferenceK = Math.max(HEALTHY_HEAT_K, HEAT_MEAN_K + HEAT_SD_K * random.nextGaussian());
    toolLifeMin = drawToolLife();
    toolWearMin = random.nextInt(toolLifeMin);
  }

  /** The mean speed in rpm at a torque in Nm, interpolated in the documented table. */
  static double meanSpeedRpm(double torqueNm) {
    if (torqueNm <= TORQUE_NM[0]) {
      return SPEED_RPM[0];
    }
    for (int i = 1; i < TORQUE_NM.length; i++) {
      if (torqueNm <= TORQUE_NM[i]) {
        double part = (torqueNm - TORQUE_NM[i - 1]) / (TORQUE_NM[i] - TORQUE_NM[i - 1]);
        return SPEED_RPM[i - 1] + part * (SPEED_RPM[i] - SPEED_RPM[i - 1]);
      }
    }
    return SPEED_RPM[SPEED_RPM.length - 1];
  }

  MillingSample step(MillingProfile wanted) {
    if (wanted != profile) {
      profile = wanted;
      stepsInProfile = 0;
    }
    stepsInProfile++;
    walkTemperatures();
    replaceToolIfDue();
    MillingSample sample = drawSample(Variant.at(random.nextDouble()));
    wearTool(sample.variant());
    return sample;
  }

  private void walkTemperatures() {
    airTempK = walk(airTempK, AIR_MEAN_K, AIR_SD_K, AIR_STEP_SD_K);
    heatDifferenceK = walk(heatDifferenceK, HEAT_MEAN_K, HEAT_SD_K, HEAT_STEP_SD_K);
    if (profile == MillingProfile.HEAT_DISSIPATION) {
      if (airTempK < HEAT_AIR_K) {
        airTempK += HEAT_DRIFT_K;
      }
      if (heatDifferenceK > HEAT_DIFFERENCE_K) {
        heatDifferenceK -= HEAT_DRIFT_K;
      }
    } else if (heatDifferenceK < HEALTHY_HEAT_K) {
      // After a spell of bad cooling the difference comes back as gradually as it went.
      heatDifferenceK = Math.min(HEALTHY_HEAT_K, heatDifferenceK + HEAT_DRIFT_K);
    }
  }

  private double walk(double value, double mean, double sd, double stepSd) {
    double kept = Math.sqrt(1 - (stepSd / sd) * (stepSd / sd));
    return mean + kept * (value - mean) + stepSd * random.nextGaussian();
  }

  private void replaceToolIfDue() {
    int dueAtMin =
        switch (profile) {
          case NORMAL, POWER_FAILURE, SENSOR_FAULT -> toolLifeMin;
          // Much torque on a worn tool would be an overstrain as well.
          case HEAT_DISSIPATION -> Math.min(toolLifeMin, HEAT_TOOL_LIFE_MIN);
          case OVERSTRAIN, TOOL_WEAR -> Integer.MAX_VALUE;
        };
    if (toolWearMin >= dueAtMin) {
      toolWearMin = 0;
      toolLifeMin = drawToolLife();
    }
  }

  private int drawToolLife() {
    return random.nextInt(HEALTHY_TOOL_LIFE_MIN, HEALTHY_TOOL_LIFE_MAX + 1);
  }

  private void wearTool(Variant variant) {
    int wearMin = variant.wearMinPerStep;
    toolWearMin =
        switch (profile) {
          case NORMAL, POWER_FAILURE, SENSOR_FAULT, HEAT_DISSIPATION -> toolWearMin + wearMin;
          case OVERSTRAIN -> faster(wearMin, OVERSTRAIN_HELD_AT_MIN);
          case TOOL_WEAR -> faster(wearMin, TOOL_WEAR_HELD_AT_MIN);
        };
  }

  private int faster(int wearMin, int heldAtMin) {
    // A tool that is already beyond the mark stays there: wear never shrinks without a new tool.
    return Math.max(toolWearMin, Math.min(heldAtMin, toolWearMin + WEAR_FACTOR_FAULTY * wearMin));
  }

  private MillingSample drawSample(Variant variant) {
    for (int draw = 0; draw < DRAWS_MAX; draw++) {
      double torqueNm = drawTorqueNm(variant);
      if (torqueNm > 0) {
        MillingSample sample = sample(variant, torqueNm, SPEED_SD_RPM * random.nextGaussian());
        if (isWanted(sample)) {
          return sample;
        }
      }
    }
    return sample(variant, SAFE_TORQUE_NM, 0);
  }

  private double drawTorqueNm(Variant variant) {
    double healthyNm = TORQUE_MEAN_NM + TORQUE_SD_NM * random.nextGaussian();
    return switch (profile) {
      case NORMAL, TOOL_WEAR, SENSOR_FAULT -> healthyNm;
      case OVERSTRAIN -> {
        double aimNm = OVERSTRAIN_AIM * variant.strainLimitMinNm / Math.max(1, toolWearMin);
        yield driven(healthyNm, Math.min(aimNm, OVERSTRAIN_TORQUE_MAX_NM));
      }
      case HEAT_DISSIPATION -> driven(healthyNm, HEAT_TORQUE_NM);
      case POWER_FAILURE -> driven(healthyNm, POWER_FAILURE_TORQUE_NM);
    };
  }

  private double driven(double healthyNm, double aimNm) {
    double drive = Math.min(1.0, stepsInProfile / (double) RAMP_STEPS);
    double aimedNm = aimNm + DRIVEN_TORQUE_SD_NM * random.nextGaussian();
    return (1 - drive) * healthyNm + drive * aimedNm;
  }

  private MillingSample sample(Variant variant, double torqueNm, double speedOffRpm) {
    double shownTorqueNm = tenths(torqueNm);
    return new MillingSample(
        variant,
        tenths(airTempK),
        tenths(airTempK + heatDifferenceK),
        (int) Math.round(meanSpeedRpm(shownTorqueNm) + speedOffRpm),
        shownTorqueNm,
        toolWearMin);
  }

  /** Whether a step stays clear of every rule that its profile does not aim at. */
  private boolean isWanted(MillingSample sample) {
    return switch (profile) {
      case NORMAL, SENSOR_FAULT, TOOL_WEAR ->
          keepsPower(sample) && keepsStrain(sample) && keepsHeat(sample);
      case OVERSTRAIN -> keepsPower(sample) && keepsHeat(sample);
      case HEAT_DISSIPATION ->
          keepsPower(sample) && keepsStrain(sample) && (keepsHeat(sample) || isFarIntoProfile());
      case POWER_FAILURE ->
          (keepsPower(sample) || (isFarIntoProfile() && !isOverloaded(sample)))
              && keepsStrain(sample)
              && keepsHeat(sample);
    };
  }

  /** Before this a profile only announces itself and breaks no rule by chance. */
  private boolean isFarIntoProfile() {
    return stepsInProfile > RAMP_STEPS / 2;
  }

  private static boolean keepsPower(MillingSample sample) {
    return sample.powerW() > POWER_MIN_W * (1 + MARGIN) && !isOverloaded(sample);
  }

  private static boolean isOverloaded(MillingSample sample) {
    return sample.powerW() >= POWER_MAX_W * (1 - MARGIN);
  }

  private static boolean keepsStrain(MillingSample sample) {
    return sample.strainMinNm() < sample.variant().strainLimitMinNm * (1 - MARGIN);
  }

  private boolean keepsHeat(MillingSample sample) {
    return heatDifferenceK >= HEALTHY_HEAT_K || sample.rpm() > HEALTHY_SLOW_RPM;
  }

  private static double tenths(double value) {
    return Math.round(value * 10) / 10.0;
  }
}
