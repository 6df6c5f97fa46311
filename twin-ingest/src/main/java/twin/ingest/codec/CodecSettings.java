package twin.ingest.codec;

import com.typesafe.config.Config;

/**
 * What a message may hold; the block {@code twin.ingest.codec}.
 *
 * @param payloadBytesMax the longest payload that is read
 * @param readingsMax the most readings in one message
 * @param membersMax the most members of one reading
 * @param depthMax how deep a message may be nested
 */
public record CodecSettings(int payloadBytesMax, int readingsMax, int membersMax, int depthMax) {

  public CodecSettings {
    positive(payloadBytesMax, "payload-max");
    positive(readingsMax, "readings-max");
    positive(membersMax, "members-max");
    positive(depthMax, "depth-max");
  }

  /** From the block. */
  public static CodecSettings from(Config config) {
    return new CodecSettings(
        Math.toIntExact(config.getBytes("payload-max")),
        config.getInt("readings-max"),
        config.getInt("members-max"),
        config.getInt("depth-max"));
  }

  private static void positive(int value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException("twin.ingest.codec.%s must be 1 or more".formatted(name));
    }
  }
}
