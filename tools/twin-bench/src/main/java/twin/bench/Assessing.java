package twin.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import twin.core.inference.ModelOutput;
import twin.core.machine.MachineState;

/**
 * One assessment and its parts, for one machine type. JMH makes it, and calls it from one thread at
 * a time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Assessing {

  /** The machine type; it must have a bundle. */
  @Param("milling")
  public String type = "milling";

  /** Where the bundles are. */
  @Param("model-artifacts/models")
  public String folder = "model-artifacts/models";

  private @Nullable Bundles bundles;
  private @Nullable BenchedMachine machine;

  /** Warms a machine up. */
  @Setup
  public void open() {
    Bundles opened = Bundles.open(Path.of(folder));
    bundles = opened;
    machine = opened.machine(type);
  }

  /** Lets go of the bundles. */
  @TearDown
  public void close() {
    if (machine != null) {
      machine.close();
    }
    if (bundles != null) {
      bundles.close();
    }
  }

  private BenchedMachine machine() {
    if (machine == null) {
      throw new IllegalStateException("JMH has not set it up");
    }
    return machine;
  }

  /** Windows, baselines and features of one reading. */
  @Benchmark
  public long features() {
    return machine().features();
  }

  /** The bundle's answer to one reading's features. */
  @Benchmark
  public List<ModelOutput> inference() {
    return machine().inference();
  }

  /** Alert rules, health and status after one assessment. */
  @Benchmark
  public Object policy() {
    return machine().policy();
  }

  /** All that a twin does with one reading but for the database: decide, encode, apply. */
  @Benchmark
  public MachineState whole() {
    return machine().assess();
  }
}
