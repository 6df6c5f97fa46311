package twin.simulator;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A turbofan engine like those of the C-MAPSS data, a step a cycle. An engine of odd number flies
 * in one regime, as in train_FD001 and train_FD003, one of even number in six, as in the other two.
 *
 * <p>A reading is the level of the regime, plus what sets this engine apart from others, plus
 * damage, plus noise. Levels, deviations and noise are those of {@link TurbofanLevels}. Noise is
 * independent between sensors and cycles: in the data no two sensors correlate by more than 0.06
 * within an engine.
 *
 * <p>Damage grows from 0 to 1 over an engine's life as e to the power of (x − 1) / 0.26, x being
 * the part of the life that is over: fitted to the 100 engines of train_FD001, the constant of time
 * is 0.263 of the life with a standard deviation of 0.032 between engines. Lives are 100 cycles and
 * a log-normal part with the logarithms N(4.57, 0.44) of those engines, which live 128 to 362
 * cycles. In every second engine on average the fan degrades as well, as in train_FD003. By how
 * much the sensors change until failure varies by a tenth between engines; the core speed has a
 * trend of its own on top, up or down, as in the data.
 *
 * <p>Only under {@link TurbofanProfile#DEGRADING} does an engine age. At the end of its life it
 * fails: it stands for some cycles, is overhauled, and comes back as good as another new engine. An
 * engine with damage that is put on {@link TurbofanProfile#NORMAL} is overhauled at once.
 */
final class TurbofanEngine implements MachineProcess<TurbofanProfile> {
  private static final double GROWTH = 0.26;
  private static final double LIFE_LOG_MEAN = 4.57;
  private static final double LIFE_LOG_SD = 0.44;
  private static final int LIFE_OFFSET_CYCLES = 100;
  private static final int LIFE_MIN_CYCLES = 120;
  private static final int LIFE_MAX_CYCLES = 540;
  private static final double SEVERITY_SD = 0.1;
  private static final int WEAR_FACTORS = 3;

  // Standard deviation between the engines of train_FD001 of the change until failure.
  private static final Map<String, Double> CORE_TREND_SD = Map.of("s_9", 40.0, "s_14", 37.0);

  private static final double GROUND_ALTITUDE_SD_KFT = 0.0022;
  private static final double GROUND_MACH_SD = 0.0003;
  private static final double ALTITUDE_BELOW_KFT = 0.002;
  private static final double ALTITUDE_ABOVE_KFT = 0.008;
  private static final double MACH_ABOVE = 0.002;
  private static final int SETTING_DECIMALS = 4;
  private static final int THROTTLE_DECIMALS = 1;

  /** Cycles that an engine stands when it has failed. */
  static final int STANDING_CYCLES = 5;

  /** What sets one engine apart from others until its next overhaul. */
  private static final class Build {
    final double[] wear = new double[WEAR_FACTORS];
    final Map<String, Double> own = new HashMap<>();
    final boolean fanDegrades;
    final double severity;
    final double coreTrend;
    final int lifeCycles;

    Build(RandomGenerator random) {
      for (int i = 0; i < wear.length; i++) {
        wear[i] = random.nextGaussian();
      }
      for (String sensor : TurbofanLevels.recorded().sensors(TurbofanRegime.GROUND).keySet()) {
        own.put(sensor, random.nextGaussian());
      }
      fanDegrades = random.nextBoolean();
      severity = 1 + SEVERITY_SD * Math.clamp(random.nextGaussian(), -2, 2);
      coreTrend = random.nextGaussian();
      double life =
          LIFE_OFFSET_CYCLES + Math.exp(LIFE_LOG_MEAN + LIFE_LOG_SD * random.nextGaussian());
      lifeCycles = Math.clamp(Math.round(life), LIFE_MIN_CYCLES, LIFE_MAX_CYCLES);
    }

    /** Standard deviations by which a sensor's level is off in this engine. */
    double deviation(String channel, TurbofanLevels.Sensor sensor) {
      if (!sensor.sharesWear()) {
        return own.getOrDefault(channel, 0.0);
      }
      double sum = 0;
      for (int i = 0; i < wear.length; i++) {
        sum += sensor.wear().get(i) * wear[i];
      }
      return sum;
    }
  }

  private final RandomGenerator random;
  private final boolean manyRegimes;
  private Build build;
  private int agedCycles;
  private int standingCycles;

  TurbofanEngine(long seed, int number) {
    random = Seeds.random(seed);
    manyRegimes = number % 2 == 0;
    build = new Build(random);
  }

  @Override
  public Step step(TurbofanProfile profile) {
    if (standingCycles > 0) {
      return stand();
    }
    switch (profile) {
      case NORMAL -> {
        if (agedCycles > 0) {
          return stand();
        }
      }
      case DEGRADING -> {
        if (agedCycles == build.lifeCycles) {
          return stand();
        }
        agedCycles++;
      }
    }
    return measure();
  }

  /** Cycles until failure if it goes on degrading. */
  int remainingCycles() {
    return build.lifeCycles - agedCycles;
  }

  /** The damage at a part of the life: 0 when new, 1 at failure. */
  static double damage(double partOfLife) {
    double atStart = Math.exp(-1 / GROWTH);
    return (Math.exp((partOfLife - 1) / GROWTH) - atStart) / (1 - atStart);
  }

  /** The overhaul is in the middle, so that whoever is told of it has time before and after. */
  private Step stand() {
    standingCycles = standingCycles == 0 ? STANDING_CYCLES - 1 : standingCycles - 1;
    boolean overhauled = standingCycles == STANDING_CYCLES / 2;
    if (overhauled) {
      build = new Build(random);
      agedCycles = 0;
    }
    return new Step.Standing(overhauled);
  }

  private Step measure() {
    Map<String, ChannelValue> channels = new LinkedHashMap<>();
    TurbofanRegime regime =
        manyRegimes ? TurbofanRegime.at(random.nextDouble()) : TurbofanRegime.GROUND;
    measureSettings(regime, channels);
    double damage = damage(agedCycles / (double) build.lifeCycles);
    TurbofanLevels.recorded()
        .sensors(regime)
        .forEach((channel, sensor) -> channels.put(channel, measure(channel, sensor, damage)));
    return new Step.Measured(Map.of(), channels);
  }

  private void measureSettings(TurbofanRegime regime, Map<String, ChannelValue> channels) {
    double altitudeKft = regime.altitudeKft;
    double machNumber = regime.machNumber;
    if (manyRegimes) {
      double below = regime == TurbofanRegime.GROUND ? 0 : ALTITUDE_BELOW_KFT;
      altitudeKft += random.nextDouble(-below, ALTITUDE_ABOVE_KFT);
      machNumber += random.nextDouble(0, MACH_ABOVE);
    } else {
      altitudeKft += GROUND_ALTITUDE_SD_KFT * random.nextGaussian();
      machNumber += GROUND_MACH_SD * random.nextGaussian();
    }
    channels.put("setting_1", ChannelValue.rounded(altitudeKft, SETTING_DECIMALS));
    channels.put("setting_2", ChannelValue.rounded(machNumber, SETTING_DECIMALS));
    channels.put("setting_3", ChannelValue.rounded(regime.throttlePercent, THROTTLE_DECIMALS));
  }

  private ChannelValue measure(String channel, TurbofanLevels.Sensor sensor, double damage) {
    double change = build.fanDegrades ? sensor.fanChange() : sensor.compressorChange();
    double trend = CORE_TREND_SD.getOrDefault(channel, 0.0) * build.coreTrend;
    double value =
        sensor.mean()
            + sensor.engineSd() * build.deviation(channel, sensor)
            + damage * (build.severity * change + trend)
            + sensor.noiseSd() * random.nextGaussian();
    return ChannelValue.rounded(value, sensor.decimals());
  }
}
