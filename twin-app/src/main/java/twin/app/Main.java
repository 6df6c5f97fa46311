package twin.app;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import twin.app.cli.TwinCommand;

/** The program. Exit status: 0 done, 1 failed, 2 wrong usage. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    PrintStream stdout = System.out;
    // Stdout belongs to answers alone, and some libraries print there (projections, when they
    // stop).
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    int status = run(new PrintWriter(stdout, true, StandardCharsets.UTF_8), args);
    // Threads of libraries may still be running; what had to be closed has been.
    System.exit(status);
  }

  static int run(PrintWriter answers, String... args) {
    return new CommandLine(new TwinCommand())
        .setOut(answers)
        .setParameterExceptionHandler(TwinCommand::misused)
        .setExecutionExceptionHandler(TwinCommand::failed)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .execute(args);
  }
}
