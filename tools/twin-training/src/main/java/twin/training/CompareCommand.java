package twin.training;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.training.pump.KindComparison;

@Command(
    name = "compare",
    description = "Trains several kinds of models and prints a table of how good they are.",
    mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // Set by picocli before the command is called.
  private CommandSpec spec;

  @Parameters(paramLabel = "TYPE", description = "The machine type: pump.")
  @SuppressWarnings("NullAway.Init")
  private MachineKind type;

  @Option(names = "--data", required = true, description = "A folder of recorded files.")
  @SuppressWarnings("NullAway.Init")
  private Path data;

  @Option(names = "--seed", description = "From which every random choice follows (default 1).")
  private long seed = 1;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    switch (type) {
      case pump -> out.print(KindComparison.of(data, seed, err::println));
      case milling, turbofan ->
          throw new IllegalArgumentException("there are no kinds to compare for " + type);
    }
    out.flush();
    return 0;
  }
}
