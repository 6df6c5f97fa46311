package twin.app.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Something that is done to the cluster.
 *
 * @param at when, from the beginning of the load
 * @param node which node, from 1 on; 0 where no node is meant
 * @param length how long it lasts, where it is not over at once
 */
record Fault(Kind kind, Duration at, int node, Duration length) {

  /** What can be done. */
  enum Kind {
    /** A node is ended without a word. */
    KILL,
    /** A node stands still for some seconds, and then goes on as if nothing had been. */
    PAUSE,
    /** The database is stopped and started. */
    DATABASE,
    /** The MQTT broker is stopped and started. */
    BROKER
  }

  private static final int PAUSE_SECONDS_MIN = 3;
  private static final int PAUSE_SECONDS_MAX = 8;

  /**
   * A schedule: the same seed gives the same one.
   *
   * @param kills how many nodes are killed
   * @param pauses how many stand still
   * @param restarts how often database and broker are restarted, each
   */
  static List<Fault> schedule(
      long seed, int nodes, int kills, int pauses, int restarts, Duration length) {
    Random random = new Random(seed);
    List<Kind> kinds = new ArrayList<>();
    kinds.addAll(Collections.nCopies(kills, Kind.KILL));
    kinds.addAll(Collections.nCopies(pauses, Kind.PAUSE));
    kinds.addAll(Collections.nCopies(restarts, Kind.DATABASE));
    kinds.addAll(Collections.nCopies(restarts, Kind.BROKER));
    Collections.shuffle(kinds, random);
    List<Fault> faults = new ArrayList<>();
    double between = length.toMillis() / (kinds.size() + 1.0);
    for (int i = 0; i < kinds.size(); i++) {
      // Around its turn, so that no two faults keep the same distance.
      double millis = between * (i + 1) + between * (random.nextDouble() - 0.5) / 2;
      Kind kind = kinds.get(i);
      boolean ofNode = kind == Kind.KILL || kind == Kind.PAUSE;
      faults.add(
          new Fault(
              kind,
              Duration.ofMillis(Math.round(millis)),
              ofNode ? 1 + random.nextInt(nodes) : 0,
              kind == Kind.PAUSE
                  ? Duration.ofSeconds(random.nextInt(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX + 1))
                  : Duration.ZERO));
    }
    return faults;
  }
}
