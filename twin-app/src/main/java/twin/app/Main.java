package twin.app;

import picocli.CommandLine;
import twin.app.cli.TwinCommand;

/** The program. Exit status: 0 done, 1 failed, 2 wrong usage. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    int status = run(args);
    // Threads of libraries may still be running; what had to be closed has been.
    System.exit(status);
  }

  static int run(String... args) {
    return new CommandLine(new TwinCommand())
        .setExecutionExceptionHandler(TwinCommand::failed)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .execute(args);
  }
}
