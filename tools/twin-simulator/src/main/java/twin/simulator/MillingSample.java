package twin.simulator;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the sensors of a milling machine show after one process step, rounded as in the recorded
 * data: temperatures and torque to a tenth, speed and wear to whole numbers.
 */
record MillingSample(
    Variant variant,
    double airTempK,
    double processTempK,
    int rpm,
    double torqueNm,
    int toolWearMin) {

  double powerW() {
    return torqueNm * rpm * 2 * Math.PI / 60;
  }

  double strainMinNm() {
    return torqueNm * toolWearMin;
  }

  double heatDifferenceK() {
    return processTempK - airTempK;
  }

  /** The channels in the order of the contract. The map is the caller's own. */
  Map<String, ChannelValue> channels() {
    Map<String, ChannelValue> channels = new LinkedHashMap<>();
    channels.put("air_temp_k", new ChannelValue.Measured(BigDecimal.valueOf(airTempK)));
    channels.put("process_temp_k", new ChannelValue.Measured(BigDecimal.valueOf(processTempK)));
    channels.put("rpm", new ChannelValue.Measured(BigDecimal.valueOf(rpm)));
    channels.put("torque_nm", new ChannelValue.Measured(BigDecimal.valueOf(torqueNm)));
    channels.put("tool_wear_min", new ChannelValue.Measured(BigDecimal.valueOf(toolWearMin)));
    return channels;
  }
}
