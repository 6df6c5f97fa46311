package twin.simulator;

import java.math.BigDecimal;

/** What a channel of a reading holds: a number, or the text that a broken sensor sends instead. */
sealed interface ChannelValue {
  /** A number, written with the digits it has: 299.0 stays 299.0. */
  record Measured(BigDecimal value) implements ChannelValue {}

  /** Text where a number belongs. */
  record Text(String value) implements ChannelValue {}
}
