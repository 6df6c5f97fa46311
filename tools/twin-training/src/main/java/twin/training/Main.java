package twin.training;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Trains models from recorded data and measures them. */
@Command(
    name = "training",
    description = "Trains models from recorded data and measures them.",
    mixinStandardHelpOptions = true,
    subcommands = {
      TrainCommand.class,
      EvaluateCommand.class,
      CompareCommand.class,
      RetrainCommand.class
    })
public final class Main {

  private Main() {}

  /** Runs one command and ends the process with its exit status. */
  public static void main(String[] arguments) {
    System.exit(
        run(
            new PrintWriter(System.out, true, UTF_8),
            new PrintWriter(System.err, true, UTF_8),
            arguments));
  }

  /**
   * Runs one command.
   *
   * @return 0 done, 1 failed with one line that says why, 2 wrong usage
   */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return new CommandLine(new Main())
        .setOut(out)
        .setErr(err)
        .setExecutionExceptionHandler(
            (e, command, parsed) -> {
              command.getErr().println(oneLine(e));
              return CommandLine.ExitCode.SOFTWARE;
            })
        .execute(arguments);
  }

  private static String oneLine(Exception e) {
    String says = e.getMessage() == null ? "" : e.getMessage();
    String known = e instanceof IllegalArgumentException ? "" : e.getClass().getSimpleName() + ": ";
    return (known + says).lines().reduce((a, b) -> a + " " + b).orElse(known);
  }
}
