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
import twin.training.milling.MillingBundle;
import twin.training.pump.PumpBundle;
import twin.training.turbofan.TurbofanBundle;

@Command(
    name = "train",
    description = "Trains a machine type's models and writes a bundle.",
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {

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

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where the bundle goes; must be absent or empty.")
  @SuppressWarnings("NullAway.Init")
  private Path out;

  @Option(names = "--seed", description = "From which every random choice follows (default 1).")
  private long seed = 1;

  @Option(
      names = "--bundle-version",
      paramLabel = "VERSION",
      description = "The bundle's version (default 1.0.0).")
  private String version = "1.0.0";

  @Override
  public Integer call() throws Exception {
    PrintWriter err = spec.commandLine().getErr();
    Consumer<String> progress = Progress.timed(err);
    switch (type) {
      case milling -> MillingBundle.train(data, out, version, seed, progress);
      case pump -> PumpBundle.train(data, out, version, seed, progress);
      case turbofan -> TurbofanBundle.train(data, out, version, seed, progress);
    }
    err.println("wrote " + out);
    return 0;
  }
}
