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
public record Fault(Kind kind, Duration at, int node, Duration length) {

  /** What can be done. */
  public enum Kind {
    /** A node is ended without a word. */
    KILL,
    /** A node stands still for some seconds, and then goes on as if nothing had been. */
    PAUSE,
    /** The database is stopped and started. */
    DATABASE,
    /** The MQTT broker is stopped and started. */
    BROKER,
    /** Kafka is stopped and started. */
    KAFKA,
    /** A node is cut off from the other nodes, and from nothing else. */
    CUT,
    /** The database is away for long. */
    OUTAGE,
    /** All nodes, one after the other, are stopped in order and started as a newer version. */
    ROLL;

    /** Whether it happens to one of the nodes. */
    boolean ofNode() {
      return this == KILL || this == PAUSE || this == CUT;
    }
  }

  private static final int PAUSE_SECONDS_MIN = 3;
  private static final int PAUSE_SECONDS_MAX = 8;
  private static final int CUT_SECONDS_MIN = 15;
  private static final int CUT_SECONDS_MAX = 25;

  /** A schedule: the same settings give the same one. */
  static List<Fault> schedule(ChaosSettings settings) {
    Random random = new Random(settings.seed());
    List<Kind> kinds = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      kinds.addAll(Collections.nCopies(settings.faults().getOrDefault(kind, 0), kind));
    }
    Collections.shuffle(kinds, random);
    List<Fault> faults = new ArrayList<>();
    double between = settings.length().toMillis() / (kinds.size() + 1.0);
    for (int i = 0; i < kinds.size(); i++) {
      // Around its turn, so that no two faults keep the same distance.
      double millis = between * (i + 1) + between * (random.nextDouble() - 0.5) / 2;
      Kind kind = kinds.get(i);
      faults.add(
          new Fault(
              kind,
              Duration.ofMillis(Math.round(millis)),
              kind.ofNode() ? 1 + random.nextInt(settings.nodes()) : 0,
              switch (kind) {
                case PAUSE -> between(random, PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX);
                case CUT -> between(random, CUT_SECONDS_MIN, CUT_SECONDS_MAX);
                case OUTAGE -> settings.outage();
                default -> Duration.ZERO;
              }));
    }
    return faults;
  }

  private static Duration between(Random random, int leastSeconds, int mostSeconds) {
    return Duration.ofSeconds(random.nextInt(leastSeconds, mostSeconds + 1));
  }
}
