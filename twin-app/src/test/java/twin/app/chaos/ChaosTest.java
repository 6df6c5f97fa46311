package twin.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A short run; a long one is made by hand. */
final class ChaosTest {

  /** The nodes find their models where this module's parent has them. */
  @BeforeAll
  static void setHome() {
    System.setProperty("twin.home", Path.of("..").toAbsolutePath().normalize().toString());
  }

  @AfterAll
  static void clearHome() {
    System.clearProperty("twin.home");
  }

  private static ChaosReport run(
      Map<Fault.Kind, Integer> faults, Duration length, Duration clockSkew, Path directory)
      throws Exception {
    ChaosSettings settings =
        new ChaosSettings(
            3, faults, Duration.ofSeconds(15), 100, 150, length, clockSkew, 1, directory);
    try (ChaosRun run = ChaosRun.start(settings, line -> System.err.println(line))) {
      ChaosReport report = run.run();
      System.err.println(report.json());
      assertThat(report.acknowledged()).isGreaterThan(5_000);
      assertThat(report.dropped()).isZero();
      assertThat(report.journals().missing()).isZero();
      assertThat(report.journals().doubled()).isZero();
      assertThat(report.journals().brokenChains()).isZero();
      assertThat(report.fromBothSides()).isZero();
      return report;
    }
  }

  @Test
  @Tag("full")
  @Timeout(900)
  void losesAndDoublesNothingThoughNodesAreKilledAndFrozenAndTheServicesRestart(
      @TempDir Path directory) throws Exception {
    Map<Fault.Kind, Integer> faults =
        Map.of(
            Fault.Kind.KILL,
            2,
            Fault.Kind.PAUSE,
            1,
            Fault.Kind.DATABASE,
            1,
            Fault.Kind.BROKER,
            1,
            Fault.Kind.KAFKA,
            1);
    ChaosReport report = run(faults, Duration.ofSeconds(90), Duration.ZERO, directory);
    assertThat(report.faults()).hasSizeGreaterThanOrEqualTo(5);
  }

  /**
   * While a node is cut off from the others the database stays within its reach, which is what
   * makes a cut dangerous. The clocks of some machines are wrong.
   */
  @Test
  @Tag("full")
  @Timeout(900)
  void aCutAnOutageAndARollingUpgradeLoseNothingAndNoTwinIsWrittenFromBothSides(
      @TempDir Path directory) throws Exception {
    Map<Fault.Kind, Integer> faults =
        Map.of(Fault.Kind.CUT, 1, Fault.Kind.OUTAGE, 1, Fault.Kind.ROLL, 1);
    ChaosReport report = run(faults, Duration.ofSeconds(60), Duration.ofSeconds(5), directory);
    assertThat(report.faults())
        .filteredOn(told -> told.matches("node \\d: Not ready: database.*"))
        .hasSize(3);
    assertThat(report.faults())
        .filteredOn(told -> told.contains("ended with status"))
        .singleElement()
        .asString()
        .contains("status 1 (this node was cut off");
    assertThat(report.faults())
        .contains(
            "all nodes reach one another again",
            "every node is ready again",
            "all nodes have the newer version");
  }

  @Test
  void theSameSeedCausesTheSameFaultsWithinTheTimeOfTheLoad() {
    Duration length = Duration.ofMinutes(5);
    List<Fault> faults = Fault.schedule(scheduled(7, length));
    assertThat(faults).isEqualTo(Fault.schedule(scheduled(7, length))).hasSize(9);
    assertThat(faults).isNotEqualTo(Fault.schedule(scheduled(8, length)));
    assertThat(faults)
        .isSortedAccordingTo((a, b) -> a.at().compareTo(b.at()))
        .allMatch(fault -> fault.at().isPositive() && fault.at().compareTo(length) < 0)
        .allMatch(
            fault ->
                fault.node() == 0
                    ? fault.kind() == Fault.Kind.DATABASE || fault.kind() == Fault.Kind.ROLL
                    : fault.node() <= 3);
    assertThat(faults).filteredOn(fault -> fault.kind() == Fault.Kind.KILL).hasSize(5);
  }

  private static ChaosSettings scheduled(long seed, Duration length) {
    return new ChaosSettings(
        3,
        Map.of(Fault.Kind.KILL, 5, Fault.Kind.CUT, 2, Fault.Kind.DATABASE, 1, Fault.Kind.ROLL, 1),
        Duration.ofSeconds(1),
        100,
        150,
        length,
        Duration.ZERO,
        seed,
        Path.of("unused"));
  }
}
