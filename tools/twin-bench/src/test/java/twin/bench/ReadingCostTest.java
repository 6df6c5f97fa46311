package twin.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.function.IntSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a reading costs in ways that do not depend on the machine it runs on: memory allocated while
 * it is decided, encoded and applied, and bytes in the journal. The bounds are a sixth above what
 * was measured; who makes a reading dearer on purpose raises them.
 */
final class ReadingCostTest {

  private static final Path SHIPPED = Path.of("..", "..", "model-artifacts", "models");
  private static final int WARM_UP = 10_000;
  private static final int ROUNDS = 10;
  private static final int READINGS = 1_000;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @ParameterizedTest
  @CsvSource({
    "milling, 1, 17000, 330",
    "milling, 10, 7400, 170",
    "pump, 1, 19500, 260",
    "turbofan, 1, 30500, 380"
  })
  void staysWithinItsBounds(String type, int batch, int allocatedMax, int bytesMax) {
    try (Bundles bundles = Bundles.open(SHIPPED);
        BenchedMachine machine = bundles.machine(type)) {
      for (int i = 0; i < WARM_UP; i += batch) {
        var unused = machine.assess(batch);
      }
      long allocated = Long.MAX_VALUE;
      for (int round = 0; round < ROUNDS; round++) {
        allocated =
            Math.min(
                allocated, allocated(() -> System.identityHashCode(machine.assess(batch)), batch));
      }
      long bytes = 0;
      for (int i = 0; i < READINGS; i += batch) {
        bytes += machine.encodedLength(batch);
      }
      assertThat(allocated)
          .as("bytes allocated for a reading of %s", type)
          .isLessThan(allocatedMax);
      assertThat(bytes / READINGS).as("bytes of a reading of %s", type).isLessThan(bytesMax);
    }
  }

  /** The least of several rounds: what is compiled in the meantime allocates less. */
  private static long allocated(IntSupplier step, int batch) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < READINGS; i += batch) {
      var unused = step.getAsInt();
    }
    return (THREADS.getCurrentThreadAllocatedBytes() - before) / READINGS;
  }
}
