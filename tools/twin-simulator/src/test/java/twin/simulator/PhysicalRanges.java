package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The physical ranges of a type's channels, as the machine types that come with Twin have them. */
final class PhysicalRanges {
  private static final Path TYPES =
      Path.of("../../cluster-config/src/main/resources/twin-types.conf");
  private static final Pattern CHANNEL =
      Pattern.compile(
          "\\{name = (\\w+),\\s+unit = [^,]+,\\s*min = ([-\\d.]+),\\s*max = ([-\\d.]+)[,}]");

  private record Range(BigDecimal min, BigDecimal max) {}

  private final Map<String, Range> ranges = new LinkedHashMap<>();

  private PhysicalRanges() {}

  static PhysicalRanges of(String type) {
    try {
      String all = Files.readString(TYPES);
      String block = all.substring(all.indexOf("\n  " + type + " {"));
      var found = new PhysicalRanges();
      Matcher channel = CHANNEL.matcher(block.substring(0, block.indexOf("\n    ]")));
      while (channel.find()) {
        found.ranges.put(
            channel.group(1),
            new Range(new BigDecimal(channel.group(2)), new BigDecimal(channel.group(3))));
      }
      return found;
    } catch (IOException e) {
      throw new AssertionError("The machine types are where this looks for them.", e);
    }
  }

  /** Every channel is there, in order, and within its range. */
  void hold(Map<String, ChannelValue> channels) {
    assertThat(channels.keySet()).containsExactlyElementsOf(ranges.keySet());
    channels.forEach(
        (name, value) -> {
          Range range = Objects.requireNonNull(ranges.get(name), name);
          assertThat(value)
              .as("%s in %s", name, range)
              .isInstanceOfSatisfying(
                  ChannelValue.Measured.class,
                  measured -> assertThat(measured.value()).isBetween(range.min(), range.max()));
        });
  }
}
