package twin.simulator;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What came of a machine's turn. */
sealed interface Step {
  /**
   * A reading was taken.
   *
   * @param attributes strings that go with it
   * @param channels in the order in which they are sent
   */
  record Measured(Map<String, String> attributes, Map<String, ChannelValue> channels)
      implements Step {
    public Measured {
      // Map.copyOf would lose the order, and with it the stable bytes.
      attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
      channels = Collections.unmodifiableMap(new LinkedHashMap<>(channels));
    }
  }

  /**
   * The machine stands still and sends nothing.
   *
   * @param overhauled whether it was just overhauled, which is so once for each time that it stands
   */
  record Standing(boolean overhauled) implements Step {}
}
