package twin.simulator;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A sensor that breaks in four ways, one after the other and then again from the start: stuck at
 * its last value, missing, out of any physical range, text instead of a number. Not thread-safe.
 */
final class SensorFault {
  /** Readings that each way lasts. */
  static final int READINGS_EACH = 15;

  // Speed and torque change with every step, so a stuck value cannot be mistaken for a quiet one.
  private static final List<String> CHANNELS = List.of("torque_nm", "rpm");
  // What a 16-bit converter shows when its wire is cut.
  private static final BigDecimal OUT_OF_RANGE = BigDecimal.valueOf(65_535);
  private static final String TEXT = "ERR";

  private enum Way {
    STUCK,
    MISSING,
    OUT_OF_RANGE,
    TEXT
  }

  private final String channel;
  private int readings;
  private @Nullable ChannelValue last;

  /** A fault in one of the channels; machines of neighbouring number have different ones. */
  SensorFault(int machineNumber) {
    channel = CHANNELS.get(Math.floorMod(machineNumber, CHANNELS.size()));
  }

  /** Breaks the next reading's channels, in place. */
  void apply(Map<String, ChannelValue> channels) {
    Way way = Way.values()[readings / READINGS_EACH % Way.values().length];
    readings++;
    switch (way) {
      case STUCK -> {
        ChannelValue stuckAt = last != null ? last : channels.get(channel);
        if (stuckAt != null) {
          channels.put(channel, stuckAt);
          last = stuckAt;
        }
      }
      case MISSING -> channels.remove(channel);
      case OUT_OF_RANGE -> channels.put(channel, new ChannelValue.Measured(OUT_OF_RANGE));
      case TEXT -> channels.put(channel, new ChannelValue.Text(TEXT));
    }
  }
}
