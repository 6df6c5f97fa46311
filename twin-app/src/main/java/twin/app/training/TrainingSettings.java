package twin.app.training;

import com.typesafe.config.Config;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;

/**
 * How a node trains.
 *
 * @param command what is run; empty: the launcher beside the program
 * @param memoryMax heap of the process, as in -Xmx
 * @param timeMax after which it is killed
 * @param logLinesMax of what it writes the newest lines are kept
 * @param aliveEvery how often a node says that its training still runs
 * @param schedule when types are trained without being asked for
 */
public record TrainingSettings(
    List<String> command,
    String memoryMax,
    Duration timeMax,
    int logLinesMax,
    Duration aliveEvery,
    Schedule schedule) {

  /**
   * When types are trained without being asked for.
   *
   * @param enabled whether they are
   * @param cron minute, hour, day of month, month, day of week
   * @param zone where these times are meant
   * @param types which ones, in this order
   * @param days how many days back it looks
   * @param lookEvery how often a node looks whether it is time
   * @param catchUp for how long a time that was missed is made up for
   */
  public record Schedule(
      boolean enabled,
      String cron,
      ZoneId zone,
      List<String> types,
      int days,
      Duration lookEvery,
      Duration catchUp) {
    public Schedule {
      types = List.copyOf(types);
      if (enabled && types.isEmpty()) {
        throw new IllegalArgumentException(
            "twin.training.schedule.types must name the types that are trained");
      }
      if (days < 1 || lookEvery.isZero() || lookEvery.isNegative() || catchUp.isNegative()) {
        throw new IllegalArgumentException(
            "twin.training.schedule: days must be 1 or more, look-every above 0, catch-up 0 or"
                + " more");
      }
    }
  }

  public TrainingSettings {
    command = List.copyOf(command);
    if (!memoryMax.matches("[1-9][0-9]*[kmgKMG]")) {
      throw new IllegalArgumentException(
          "twin.training.memory-max must be like 2g, not '%s'".formatted(memoryMax));
    }
    if (timeMax.isZero() || timeMax.isNegative() || logLinesMax < 1 || aliveEvery.isNegative()) {
      throw new IllegalArgumentException(
          "twin.training: time-max and alive-every must be above 0, log-lines-max 1 or more");
    }
  }

  /** The settings under {@code twin.training}. */
  public static TrainingSettings of(Config config) {
    Config schedule = config.getConfig("schedule");
    return new TrainingSettings(
        config.getStringList("command"),
        config.getString("memory-max"),
        config.getDuration("time-max"),
        config.getInt("log-lines-max"),
        config.getDuration("alive-every"),
        new Schedule(
            schedule.getBoolean("enabled"),
            schedule.getString("cron"),
            zone(schedule.getString("zone")),
            schedule.getStringList("types"),
            schedule.getInt("days"),
            schedule.getDuration("look-every"),
            schedule.getDuration("catch-up")));
  }

  private static ZoneId zone(String name) {
    try {
      return ZoneId.of(name);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "twin.training.schedule.zone must be like Europe/Berlin, not '%s'".formatted(name), e);
    }
  }
}
