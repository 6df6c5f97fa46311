package twin.core.audit;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * How the journal is sealed and checked. Read once from {@code twin.audit}, where each default
 * stands with its unit.
 *
 * @param sealEvery empty: never
 * @param firstSealAfter the least time between the start of sealing on a node and a seal
 * @param retryAfter the pause after a seal that failed
 * @param folder where seals and heads are written to
 * @param privateKey the file with the key that seals
 * @param headsMax of how many seals the heads are kept
 * @param headsFor for how long they are kept
 * @param publishMax how many seals that nobody has been told of yet are published at a time
 * @param publishTimeout how long that may take for each
 * @param page how many rows are read at a time
 * @param toldMax how many findings are told in full
 */
public record AuditSettings(
    Optional<Duration> sealEvery,
    Duration firstSealAfter,
    Duration retryAfter,
    Path folder,
    Path privateKey,
    int headsMax,
    Duration headsFor,
    int publishMax,
    Duration publishTimeout,
    int page,
    int toldMax) {

  /** Checks the bounds. */
  public AuditSettings {
    sealEvery.ifPresent(every -> positive("seal-every", every.isPositive()));
    positive("first-seal-after", firstSealAfter.isPositive());
    positive("retry-after", retryAfter.isPositive());
    positive("heads-max", headsMax > 0);
    positive("heads-for", headsFor.isPositive());
    positive("publish-max", publishMax > 0);
    positive("publish-timeout", publishTimeout.isPositive());
    positive("page", page > 0);
    positive("told-max", toldMax > 0);
  }

  /**
   * Reads {@code twin.audit} of a whole configuration.
   *
   * @param paths where the paths in it lead
   */
  public static AuditSettings from(Config root, Function<String, Path> paths) {
    Config config = root.getConfig("twin.audit");
    String every = config.getString("seal-every");
    boolean off = every.equals("off") || every.equals("false");
    return new AuditSettings(
        off ? Optional.empty() : Optional.of(config.getDuration("seal-every")),
        config.getDuration("first-seal-after"),
        config.getDuration("retry-after"),
        paths.apply(config.getString("folder")),
        paths.apply(config.getString("private-key")),
        config.getInt("heads-max"),
        config.getDuration("heads-for"),
        config.getInt("publish-max"),
        config.getDuration("publish-timeout"),
        config.getInt("page"),
        config.getInt("told-max"));
  }

  private static void positive(String name, boolean positive) {
    if (!positive) {
      throw new IllegalArgumentException("twin.audit." + name + " must be above 0");
    }
  }
}
