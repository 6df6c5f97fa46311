package twin.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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

  @Test
  @Tag("full")
  @Timeout(900)
  void losesAndDoublesNothingThoughNodesAreKilledAndFrozenAndTheDatabaseRestarts(
      @TempDir Path directory) throws Exception {
    ChaosSettings settings =
        new ChaosSettings(3, 2, 1, 1, 100, 150, Duration.ofSeconds(90), 1, directory);
    ChaosReport report;
    try (ChaosRun run = ChaosRun.start(settings, line -> System.err.println(line))) {
      report = run.run();
    }
    System.err.println(report.json());
    assertThat(report.faults()).hasSizeGreaterThanOrEqualTo(5);
    assertThat(report.acknowledged()).isGreaterThan(5_000);
    assertThat(report.dropped()).isZero();
    assertThat(report.journals().missing()).isZero();
    assertThat(report.journals().doubled()).isZero();
  }

  @Test
  void theSameSeedCausesTheSameFaultsWithinTheTimeOfTheLoad() {
    Duration length = Duration.ofMinutes(5);
    List<Fault> faults = Fault.schedule(7, 3, 5, 2, 1, length);
    assertThat(faults).isEqualTo(Fault.schedule(7, 3, 5, 2, 1, length)).hasSize(9);
    assertThat(faults).isNotEqualTo(Fault.schedule(8, 3, 5, 2, 1, length));
    assertThat(faults)
        .isSortedAccordingTo((a, b) -> a.at().compareTo(b.at()))
        .allMatch(fault -> fault.at().isPositive() && fault.at().compareTo(length) < 0)
        .allMatch(
            fault ->
                fault.node() == 0
                    ? fault.kind() == Fault.Kind.DATABASE || fault.kind() == Fault.Kind.BROKER
                    : fault.node() <= 3);
    assertThat(faults).filteredOn(fault -> fault.kind() == Fault.Kind.KILL).hasSize(5);
  }
}
