package twin.core.archive;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What is archived and where.
 *
 * @param enabled whether events are moved; what has been is read in any case
 * @param folder where the files lie, the same for all nodes
 * @param after how old an event is before it is moved, by the time it was recorded
 * @param every the pause between two passes over all machines
 * @param segmentEvents the most events of one file
 * @param keepBytes how much is kept, the newest; 0 for all
 */
public record ArchiveSettings(
    boolean enabled,
    Path folder,
    Duration after,
    Duration every,
    int segmentEvents,
    long keepBytes) {

  public ArchiveSettings {
    if (after.isNegative() || after.isZero() || every.isNegative() || every.isZero()) {
      throw new IllegalArgumentException("twin.archive.after and every must be above 0");
    }
    if (segmentEvents < 1) {
      throw new IllegalArgumentException("twin.archive.segment-events must be 1 or more");
    }
    if (keepBytes < 0) {
      throw new IllegalArgumentException("twin.archive.keep-bytes must be 0 or more");
    }
  }

  /**
   * The settings under {@code twin.archive}.
   *
   * @param base what a relative folder is relative to
   */
  public static ArchiveSettings of(Config config, Path base) {
    return new ArchiveSettings(
        config.getBoolean("enabled"),
        base.resolve(config.getString("folder")),
        config.getDuration("after"),
        config.getDuration("every"),
        config.getInt("segment-events"),
        config.getBytes("keep-bytes"));
  }
}
