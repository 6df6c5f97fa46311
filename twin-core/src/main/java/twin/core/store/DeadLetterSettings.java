package twin.core.store;

import com.typesafe.config.Config;

/**
 * The bounds of the dead letters. Read once from {@code twin.dead-letters}.
 *
 * @param keep the newest that are kept; the table may hold a tenth more for a while
 * @param payloadBytesMax of each payload at most this much is kept
 * @param listedPayloadBytesMax of each payload at most this much is in a list
 */
public record DeadLetterSettings(int keep, int payloadBytesMax, int listedPayloadBytesMax) {
  /** Checks the bounds. */
  public DeadLetterSettings {
    Settings.positive("keep", keep);
    Settings.positive("payload-max", payloadBytesMax);
    Settings.positive("listed-payload-max", listedPayloadBytesMax);
  }

  /** Reads {@code twin.dead-letters} of a whole configuration. */
  public static DeadLetterSettings from(Config root) {
    Config config = root.getConfig("twin.dead-letters");
    return new DeadLetterSettings(
        config.getInt("keep"),
        Math.toIntExact(config.getBytes("payload-max")),
        Math.toIntExact(config.getBytes("listed-payload-max")));
  }
}
