package twin.http.system;

import java.util.Map;
import java.util.Optional;

/** How much this node logs. Implementations are safe for use by many threads. */
public interface LogLevels {

  /** From silent to everything. */
  enum Level {
    OFF,
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /** The loggers that have a level of their own; all others have that of the one above them. */
  Map<String, Level> levels();

  /**
   * Changes a level until the node stops.
   *
   * @param level nothing puts back what the logger had at start
   * @return false when as many loggers as may be are changed already
   */
  boolean change(String logger, Optional<Level> level);
}
