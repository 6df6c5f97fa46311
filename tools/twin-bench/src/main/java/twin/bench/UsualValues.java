package twin.bench;

import java.util.List;
import java.util.Optional;
import twin.core.inference.BundleManifest;
import twin.core.type.Channel;
import twin.core.type.MachineType;
import twin.core.type.OperatingMode;

/**
 * What the channels of a machine that runs well say, as far as its type and its bundle tell.
 *
 * @param channels a value and a spread for each channel
 */
record UsualValues(List<OfChannel> channels) {

  /** Share of a known width, or of the physical range, that readings differ by. */
  private static final double OF_USUAL_WIDTH = 0.1;

  private static final double OF_PHYSICAL_RANGE = 0.001;

  UsualValues {
    channels = List.copyOf(channels);
  }

  /**
   * What one channel says.
   *
   * @param value the mean, in the channel's unit
   * @param spread the standard deviation, in the channel's unit
   */
  record OfChannel(String name, double value, double spread) {}

  /** The values of a type, in its first operating mode where it has any. */
  static UsualValues of(MachineType type, BundleManifest manifest) {
    Optional<OperatingMode> mode = type.operatingModes().stream().findFirst();
    return new UsualValues(
        type.channels().stream().map(channel -> of(channel, mode, manifest)).toList());
  }

  private static OfChannel of(
      Channel channel, Optional<OperatingMode> mode, BundleManifest manifest) {
    String name = channel.name();
    return mode.flatMap(each -> each.nominal(name))
        .map(nominal -> new OfChannel(name, nominal.value(), OF_USUAL_WIDTH * nominal.spread()))
        .or(() -> mode.flatMap(each -> within(each, name)))
        .or(() -> inTraining(manifest, name))
        .orElseGet(
            () ->
                new OfChannel(
                    name,
                    channel.min() / 2 + channel.max() / 2,
                    OF_PHYSICAL_RANGE * (channel.max() - channel.min())));
  }

  private static Optional<OfChannel> within(OperatingMode mode, String channel) {
    return mode.ranges().stream()
        .filter(range -> range.channel().equals(channel))
        .findFirst()
        // At a bound a little noise would be another mode, or none.
        .map(range -> new OfChannel(channel, range.min() / 2 + range.max() / 2, 0));
  }

  private static Optional<OfChannel> inTraining(BundleManifest manifest, String feature) {
    return manifest.inputs().stream()
        .filter(input -> input.name().equals(feature))
        .findFirst()
        .map(
            input ->
                new OfChannel(
                    feature, input.median(), OF_USUAL_WIDTH * (input.high() - input.low())));
  }
}
