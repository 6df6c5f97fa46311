package twin.simulator;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A simulated milling machine: its process, and the sensor that may break. Not thread-safe. */
final class MillingMachine implements MachineProcess<MillingProfile> {
  private final MillingProcess process;
  private final int number;
  private @Nullable SensorFault sensorFault;

  MillingMachine(long seed, int number) {
    process = new MillingProcess(seed);
    this.number = number;
  }

  @Override
  public Step step(MillingProfile profile) {
    MillingSample sample = process.step(profile);
    Map<String, ChannelValue> channels = sample.channels();
    breakSensor(profile, channels);
    return new Step.Measured(Map.of("variant", sample.variant().name()), channels);
  }

  private void breakSensor(MillingProfile profile, Map<String, ChannelValue> channels) {
    if (profile != MillingProfile.SENSOR_FAULT) {
      sensorFault = null;
      return;
    }
    if (sensorFault == null) {
      sensorFault = new SensorFault(number);
    }
    sensorFault.apply(channels);
  }
}
