package twin.http;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import twin.http.system.LogLevels;

/** Levels that nothing is logged by; two loggers at most may have one. */
final class TestLogLevels implements LogLevels {

  private static final int LOGGERS_MAX = 2;

  private final Map<String, Level> levels = new ConcurrentHashMap<>(Map.of("root", Level.WARN));

  @Override
  public Map<String, Level> levels() {
    return Map.copyOf(levels);
  }

  @Override
  public boolean change(String logger, Optional<Level> level) {
    if (level.isEmpty()) {
      levels.remove(logger);
      return true;
    }
    if (!levels.containsKey(logger) && levels.size() == LOGGERS_MAX) {
      return false;
    }
    levels.put(logger, level.get());
    return true;
  }
}
