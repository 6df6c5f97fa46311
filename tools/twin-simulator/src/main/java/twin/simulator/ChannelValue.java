package twin.simulator;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** What a channel of a reading holds: a number, or the text that a broken sensor sends instead. */
sealed interface ChannelValue {
  /** A number, written with the digits it has: 299.0 stays 299.0. */
  record Measured(BigDecimal value) implements ChannelValue {}

  /** A number with that many decimals. */
  static ChannelValue rounded(double value, int decimals) {
    return new Measured(BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_EVEN));
  }

  /** Text where a number belongs. */
  record Text(String value) implements ChannelValue {}
}
