package twin.training;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "compare",
    description = "Trains several kinds of models and prints a table of how good they are.",
    mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {

  @Spec
  @SuppressWarnings("NullAway.Init") // Set by picocli before the command is called.
  private CommandSpec spec;

  @Parameters(paramLabel = "TYPE", description = "The machine type: milling, pump or turbofan.")
  @SuppressWarnings("NullAway.Init")
  private MachineKind type;

  @Option(
      names = "--data",
      required = true,
      description = "The recorded file, or for pump and turbofan a folder of files.")
  @SuppressWarnings("NullAway.Init")
  private Path data;

  @Option(names = "--seed", description = "From which every random choice follows (default 1).")
  private long seed = 1;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Consumer<String> progress = Progress.timed(spec.commandLine().getErr());
    switch (type) {
      case pump -> out.print(twin.training.pump.KindComparison.of(data, seed, progress));
      case turbofan -> out.print(twin.training.turbofan.KindComparison.of(data, seed, progress));
      case milling -> out.print(twin.training.milling.KindComparison.of(data, seed, progress));
    }
    out.flush();
    return 0;
  }
}
