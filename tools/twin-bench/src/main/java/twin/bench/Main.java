package twin.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Runs benchmarks. */
@Command(
    name = "twin",
    description = "Runs benchmarks and prints them beside their limits.",
    mixinStandardHelpOptions = true,
    subcommands = Main.Bench.class)
public final class Main {

  private Main() {}

  /** The benchmarks there are. */
  @Command(
      name = "bench",
      description = "Runs a benchmark and prints it beside its limits.",
      mixinStandardHelpOptions = true,
      subcommands = {
        AssessCommand.class,
        HistoryCommand.class,
        AlertCommand.class,
        JournalCommand.class,
        KafkaCommand.class
      })
  static final class Bench {}

  /** Runs one command and ends the process with its exit status. */
  public static void main(String[] arguments) {
    PrintStream stdout = System.out;
    // Stdout belongs to answers alone, and some libraries print there (projections, when they
    // stop).
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, UTF_8));
    System.exit(
        run(
            new PrintWriter(stdout, true, UTF_8),
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
              command.getErr().println("twin: " + oneLine(e));
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
