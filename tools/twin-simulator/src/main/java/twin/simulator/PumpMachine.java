package twin.simulator;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The pump of the water-circulation testbed of the Skoltech Anomaly Benchmark, a step a second.
 *
 * <p>Levels and noise were estimated from the run that is free of anomalies: the means of its 9,405
 * rows, and the standard deviation of the difference of neighbouring rows over √2. As there, both
 * accelerometers share part of their noise (correlation 0.42), current and voltage half of theirs
 * (0.49), current and voltage stay within the limits that were seen, and the pressure sensor knows
 * only every 0.3279 bar. Beside the noise each level wanders slowly. That run warms up from its
 * beginning to its end; a pump here is at its working temperature, and wanders by less. Pumps
 * differ from one another by some hundredths.
 *
 * <p>{@link PumpProfile#VALVE_CLOSING}: in the 16 recorded files with valve 1 closed in part the
 * flow falls by 1 to 31 % within half a minute and comes back as fast, while the means of the other
 * sensors stay within their noise. Here it falls by 20 to 31 %. {@link PumpProfile#CAVITATION}
 * follows no recording: stronger and bursting vibration, an unsteady pressure and flow, and a
 * little less of current and flow are the signs that textbooks give for it; the numbers are made
 * up.
 */
final class PumpMachine implements MachineProcess<PumpProfile> {
  private static final double VIBRATION_1_G = 0.2126;
  private static final double VIBRATION_2_G = 0.2684;
  private static final double VIBRATION_1_NOISE_G = 0.0013;
  private static final double VIBRATION_2_NOISE_G = 0.0013;
  private static final double VIBRATION_SHARED = 0.42;
  private static final double CURRENT_A = 2.403;
  private static final double CURRENT_NOISE_A = 0.468;
  private static final double CURRENT_BELOW_A = 1.55;
  private static final double CURRENT_ABOVE_A = 0.84;
  private static final double VOLTAGE_V = 228.65;
  private static final double VOLTAGE_NOISE_V = 10.93;
  private static final double VOLTAGE_OFF_V = 26;
  private static final double CURRENT_VOLTAGE_SHARED = 0.49;
  private static final double PRESSURE_BAR = 0.1113;
  private static final double PRESSURE_NOISE_BAR = 0.23;
  private static final double PRESSURE_STEP_BAR = 0.327928;
  private static final double PRESSURE_ZERO_BAR = 0.054711;
  private static final double TEMPERATURE_C = 89.47;
  private static final double TEMPERATURE_NOISE_C = 0.167;
  private static final double THERMOCOUPLE_C = 28.47;
  private static final double THERMOCOUPLE_NOISE_C = 0.0046;
  private static final double FLOW_L_MIN = 125.24;
  private static final double FLOW_NOISE_L_MIN = 0.36;

  /** Between pumps, as part of the level. */
  private static final double PUMPS_DIFFER_BY = 0.03;

  private static final double PUMPS_DIFFER_BY_C = 1.5;
  private static final double WANDER_SECONDS = 100;
  private static final double WANDER_OF_NOISE = 0.3;
  private static final double FLOW_WANDER_L_MIN = 0.15;
  private static final double TEMPERATURE_WANDER_C = 0.06;
  private static final double THERMOCOUPLE_WANDER_C = 0.003;

  /** How fast a profile takes hold and lets go. */
  private static final double PROFILE_SECONDS = 12;

  private static final double VALVE_CLOSED_MIN = 0.20;
  private static final double VALVE_CLOSED_MAX = 0.31;
  private static final double CAVITATION_VIBRATION = 0.25;
  private static final double CAVITATION_BURST = 0.12;
  private static final double CAVITATION_FLOW = 0.04;
  private static final double CAVITATION_FLOW_NOISE = 4;
  private static final double CAVITATION_CURRENT = 0.05;
  private static final double CAVITATION_PRESSURE_BAR = 0.2;
  private static final double CAVITATION_PRESSURE_NOISE = 1.8;

  /** A level that is pulled back to 0 as strongly as it is pushed away. */
  private static final class Wander {
    private static final double KEPT = Math.exp(-1 / WANDER_SECONDS);

    private final double sd;
    private double value;

    Wander(double sd, RandomGenerator random) {
      this.sd = sd;
      value = sd * random.nextGaussian();
    }

    double next(RandomGenerator random) {
      value = KEPT * value + Math.sqrt(1 - KEPT * KEPT) * sd * random.nextGaussian();
      return value;
    }
  }

  private final RandomGenerator random;
  private final double speed;
  private final double vibration1;
  private final double vibration2;
  private final double temperatureOffC;
  private final double valveClosed;
  private final Wander vibrationWander;
  private final Wander temperatureWander;
  private final Wander thermocoupleWander;
  private final Wander flowWander;
  private double closing;
  private double cavitating;

  PumpMachine(long seed) {
    random = Seeds.random(seed);
    speed = 1 + PUMPS_DIFFER_BY * Math.clamp(random.nextGaussian(), -2, 2);
    vibration1 = 1 + PUMPS_DIFFER_BY * random.nextGaussian();
    vibration2 = 1 + PUMPS_DIFFER_BY * random.nextGaussian();
    temperatureOffC = PUMPS_DIFFER_BY_C * random.nextGaussian();
    valveClosed = random.nextDouble(VALVE_CLOSED_MIN, VALVE_CLOSED_MAX);
    vibrationWander = new Wander(WANDER_OF_NOISE, random);
    temperatureWander = new Wander(TEMPERATURE_WANDER_C, random);
    thermocoupleWander = new Wander(THERMOCOUPLE_WANDER_C, random);
    flowWander = new Wander(FLOW_WANDER_L_MIN, random);
  }

  @Override
  public Step step(PumpProfile profile) {
    closing = towards(closing, profile == PumpProfile.VALVE_CLOSING);
    cavitating = towards(cavitating, profile == PumpProfile.CAVITATION);
    Map<String, ChannelValue> channels = new LinkedHashMap<>();
    measureVibration(channels);
    double shared = random.nextGaussian();
    channels.put("current", ChannelValue.rounded(currentA(shared), 5));
    channels.put("pressure", ChannelValue.rounded(pressureBar(), 6));
    channels.put(
        "temperature",
        ChannelValue.rounded(
            TEMPERATURE_C
                + temperatureOffC
                + temperatureWander.next(random)
                + TEMPERATURE_NOISE_C * random.nextGaussian(),
            4));
    channels.put(
        "thermocouple",
        ChannelValue.rounded(
            THERMOCOUPLE_C
                + temperatureOffC / 2
                + thermocoupleWander.next(random)
                + THERMOCOUPLE_NOISE_C * random.nextGaussian(),
            4));
    channels.put("voltage", ChannelValue.rounded(voltageV(shared), 3));
    channels.put("flow_rate", ChannelValue.rounded(flowLMin(), 3));
    return new Step.Measured(Map.of(), channels);
  }

  private static double towards(double value, boolean on) {
    return value + ((on ? 1 : 0) - value) / PROFILE_SECONDS;
  }

  private void measureVibration(Map<String, ChannelValue> channels) {
    double shared = random.nextGaussian();
    double wander = vibrationWander.next(random);
    double burst = Math.exp(CAVITATION_BURST * random.nextGaussian());
    double stronger = 1 + cavitating * ((1 + CAVITATION_VIBRATION) * burst - 1);
    double first = noise(shared, VIBRATION_SHARED) + wander;
    double second = noise(shared, VIBRATION_SHARED) + wander;
    channels.put(
        "accelerometer_1_rms",
        ChannelValue.rounded(
            stronger * (VIBRATION_1_G * vibration1 + VIBRATION_1_NOISE_G * first), 6));
    channels.put(
        "accelerometer_2_rms",
        ChannelValue.rounded(
            stronger * (VIBRATION_2_G * vibration2 + VIBRATION_2_NOISE_G * second), 6));
  }

  private double currentA(double shared) {
    double off = CURRENT_NOISE_A * noise(shared, CURRENT_VOLTAGE_SHARED);
    double level = CURRENT_A * speed * (1 - CAVITATION_CURRENT * cavitating);
    return level + Math.clamp(off, -CURRENT_BELOW_A, CURRENT_ABOVE_A);
  }

  private double voltageV(double shared) {
    double off = VOLTAGE_NOISE_V * noise(shared, CURRENT_VOLTAGE_SHARED);
    return VOLTAGE_V + Math.clamp(off, -VOLTAGE_OFF_V, VOLTAGE_OFF_V);
  }

  private double pressureBar() {
    double noiseBar = PRESSURE_NOISE_BAR * (1 + (CAVITATION_PRESSURE_NOISE - 1) * cavitating);
    double bar =
        PRESSURE_BAR - CAVITATION_PRESSURE_BAR * cavitating + noiseBar * random.nextGaussian();
    return PRESSURE_ZERO_BAR
        + PRESSURE_STEP_BAR * Math.rint((bar - PRESSURE_ZERO_BAR) / PRESSURE_STEP_BAR);
  }

  private double flowLMin() {
    double open = (1 - valveClosed * closing) * (1 - CAVITATION_FLOW * cavitating);
    double noise = FLOW_NOISE_L_MIN * (1 + (CAVITATION_FLOW_NOISE - 1) * cavitating);
    return FLOW_L_MIN * speed * open + flowWander.next(random) + noise * random.nextGaussian();
  }

  /** Noise of standard deviation 1, of which a part is shared. */
  private double noise(double shared, double correlation) {
    return Math.sqrt(correlation) * shared + Math.sqrt(1 - correlation) * random.nextGaussian();
  }
}
