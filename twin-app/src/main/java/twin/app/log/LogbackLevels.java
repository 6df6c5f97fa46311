package twin.app.log;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import twin.http.system.LogLevels;

/** The levels of this process, as Logback keeps them. Thread-safe. */
public final class LogbackLevels implements LogLevels {

  private final LoggerContext context;
  private final int changedMax;

  /** What those that were changed had before; null where that of the one above them. */
  private final Map<String, ch.qos.logback.classic.@Nullable Level> before = new HashMap<>();

  private LogbackLevels(LoggerContext context, int changedMax) {
    this.context = context;
    this.changedMax = changedMax;
  }

  /**
   * The levels of this process.
   *
   * @param changedMax how many loggers may have been changed at a time
   */
  public static LogLevels ofThisProcess(int changedMax) {
    return new LogbackLevels((LoggerContext) LoggerFactory.getILoggerFactory(), changedMax);
  }

  @Override
  public Map<String, Level> levels() {
    Map<String, Level> levels = new HashMap<>();
    for (Logger logger : context.getLoggerList()) {
      ch.qos.logback.classic.Level own = logger.getLevel();
      if (own != null) {
        levels.put(shown(logger.getName()), of(own));
      }
    }
    return levels;
  }

  @Override
  public synchronized boolean change(String name, Optional<Level> level) {
    if (level.isEmpty()) {
      if (before.containsKey(name)) {
        context.getLogger(name).setLevel(before.remove(name));
      }
      return true;
    }
    if (!before.containsKey(name)) {
      if (before.size() >= changedMax) {
        return false;
      }
      before.put(name, context.getLogger(name).getLevel());
    }
    context.getLogger(name).setLevel(ch.qos.logback.classic.Level.toLevel(level.get().name()));
    return true;
  }

  private static String shown(String name) {
    return name.equals(Logger.ROOT_LOGGER_NAME) ? name.toLowerCase(Locale.ROOT) : name;
  }

  private static Level of(ch.qos.logback.classic.Level level) {
    return switch (level.toInt()) {
      case ch.qos.logback.classic.Level.OFF_INT -> Level.OFF;
      case ch.qos.logback.classic.Level.ERROR_INT -> Level.ERROR;
      case ch.qos.logback.classic.Level.WARN_INT -> Level.WARN;
      case ch.qos.logback.classic.Level.INFO_INT -> Level.INFO;
      case ch.qos.logback.classic.Level.DEBUG_INT -> Level.DEBUG;
      default -> Level.TRACE;
    };
  }
}
