package twin.simulator;

import java.util.List;
import java.util.Map;

/** What tests ask of channels. */
final class Channels {
  private Channels() {}

  static Map<String, ChannelValue> of(Step step) {
    return switch (step) {
      case Step.Measured measured -> measured.channels();
      case Step.Standing standing -> throw new AssertionError("It stands: " + standing);
    };
  }

  static double value(Map<String, ChannelValue> channels, String channel) {
    return switch (channels.get(channel)) {
      case ChannelValue.Measured measured -> measured.value().doubleValue();
      case ChannelValue.Text text -> throw new AssertionError(channel + " is " + text);
      case null -> throw new AssertionError("There is no " + channel + " in " + channels);
    };
  }

  static double mean(List<Map<String, ChannelValue>> readings, String channel) {
    return readings.stream().mapToDouble(each -> value(each, channel)).average().orElseThrow();
  }

  static double deviation(List<Map<String, ChannelValue>> readings, String channel) {
    double mean = mean(readings, channel);
    return Math.sqrt(
        readings.stream()
            .mapToDouble(each -> Math.pow(value(each, channel) - mean, 2))
            .average()
            .orElseThrow());
  }

  static double correlation(List<Map<String, ChannelValue>> readings, String a, String b) {
    double meanA = mean(readings, a);
    double meanB = mean(readings, b);
    double covariance =
        readings.stream()
            .mapToDouble(each -> (value(each, a) - meanA) * (value(each, b) - meanB))
            .average()
            .orElseThrow();
    return covariance / deviation(readings, a) / deviation(readings, b);
  }
}
