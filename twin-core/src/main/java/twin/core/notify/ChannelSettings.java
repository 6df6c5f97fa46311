package twin.core.notify;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * A channel, as far as all kinds are alike.
 *
 * @param kind how it reaches people
 * @param zone in whose time its messages are
 * @param window of one place it is told no more often than this, unless something more serious
 *     happens there
 * @param hold how long a message waits for company
 * @param concurrency how many of its messages are sent at a time by one node
 * @param timeout how long an attempt may take
 * @param own what only its kind has; may hold secrets
 */
public record ChannelSettings(
    String name,
    String kind,
    Language language,
    ZoneId zone,
    Duration window,
    Duration hold,
    int concurrency,
    Duration timeout,
    Retry retry,
    Config own) {

  private static final double JITTER = 0.2;

  /** A language that messages are written in. */
  public enum Language {
    /** English. */
    EN,
    /** Korean. */
    KO;

    /** The name in settings and in JSON. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * When what failed is tried again.
   *
   * @param attemptsMax attempts of one message
   * @param min the pause after the first, which doubles with each
   * @param max the longest pause, but for a receiver that asks for a longer one
   * @param waitMax the longest pause that a receiver may ask for
   */
  public record Retry(int attemptsMax, Duration min, Duration max, Duration waitMax) {

    public Retry {
      if (attemptsMax < 1 || min.isZero() || min.isNegative() || max.compareTo(min) < 0) {
        throw new IllegalArgumentException(
            "attempts-max must be 1 or more, and backoff.max not below backoff.min, which must be"
                + " above 0");
      }
    }

    /** The pause after an attempt, with a fifth more or less by chance. */
    Duration after(int attempt, Optional<Duration> asked, RandomGenerator random) {
      long doubled = min.toMillis() << Math.clamp(attempt - 1L, 0, 30);
      long capped = Math.min(doubled < 0 ? Long.MAX_VALUE : doubled, max.toMillis());
      long pause = (long) (capped * (1 - JITTER + 2 * JITTER * random.nextDouble()));
      long wished = asked.map(each -> Math.min(each.toMillis(), waitMax.toMillis())).orElse(0L);
      return Duration.ofMillis(Math.max(pause, wished));
    }
  }

  public ChannelSettings {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new IllegalArgumentException(
          "the name of a channel has up to 64 letters, digits, dots, dashes and underscores, not '"
              + name
              + "'");
    }
    if (concurrency < 1 || timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("concurrency and timeout of a channel must be above 0");
    }
    if (window.isNegative() || hold.isNegative()) {
      throw new IllegalArgumentException("window and hold of a channel cannot be below 0");
    }
  }

  static ChannelSettings of(String name, Config config) {
    return new ChannelSettings(
        name,
        config.getString("kind"),
        choice(Language.class, config, "language", config.getString("language")),
        zone(config),
        config.getDuration("window"),
        config.getDuration("hold"),
        config.getInt("concurrency"),
        config.getDuration("timeout"),
        new Retry(
            config.getInt("attempts-max"),
            config.getDuration("backoff.min"),
            config.getDuration("backoff.max"),
            config.getDuration("retry-after-max")),
        config);
  }

  /** One of an enum's names, in small letters as settings have them. */
  static <E extends Enum<E>> E choice(Class<E> type, Config config, String member, String word) {
    for (E each : type.getEnumConstants()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(word)) {
        return each;
      }
    }
    throw new ConfigException.BadValue(
        config.origin(),
        member,
        "must be one of %s but is %s"
            .formatted(Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT), word));
  }

  private static ZoneId zone(Config config) {
    try {
      return ZoneId.of(config.getString("zone"));
    } catch (DateTimeException e) {
      throw new ConfigException.BadValue(
          config.origin(), "zone", "must be a time zone such as Asia/Seoul", e);
    }
  }

  /** Leaves out what only its kind has, because records end up in logs. */
  @Override
  public String toString() {
    return "ChannelSettings[" + name + " of kind " + kind + "]";
  }
}
