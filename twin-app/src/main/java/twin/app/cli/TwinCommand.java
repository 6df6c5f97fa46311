package twin.app.cli;

import java.io.PrintWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import twin.app.NodeException;
import twin.app.Version;
import twin.app.embedded.EmbeddedServiceException;
import twin.core.audit.AuditException;
import twin.core.store.StoreException;
import twin.simulator.PublishException;
import twin.simulator.RecordedDataException;

/** The command line as a whole. */
@Command(
    name = "twin",
    description = "A digital twin of every machine.",
    mixinStandardHelpOptions = true,
    versionProvider = TwinCommand.ProgramVersion.class,
    subcommands = {
      DemoCommand.class,
      NodeCommand.class,
      ClusterCommand.class,
      ChaosCommand.class,
      SimulateCommand.class,
      MappingCommand.class,
      TypeCommand.class,
      ModelsCommand.class,
      ReplayCommand.class,
      ExportCommand.class,
      AuditCommand.class
    },
    footer = {
      "",
      "train TYPE and evaluate TYPE train a machine type's models and measure them;",
      "bench assess measures what an assessment costs, bench history what the past does;",
      "they bring their libraries with them when first used."
    })
public final class TwinCommand implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(TwinCommand.class);

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "say what to do, for example ./twin demo");
  }

  /**
   * Says in a line what is wrong with how it was called, and where to look; not the whole usage.
   */
  public static int misused(CommandLine.ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("twin: " + wrong.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(wrong, err)) {
      err.printf("Try: ./%s --help%n", command.getCommandSpec().qualifiedName());
    }
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  /** Says in one line what went wrong; what nobody foresaw is logged whole. */
  public static int failed(Exception failure, CommandLine command, ParseResult parsed) {
    boolean foreseen =
        failure instanceof EmbeddedServiceException
            || failure instanceof StoreException
            || failure instanceof AuditException
            || failure instanceof NodeException
            || failure instanceof RecordedDataException
            || failure instanceof PublishException
            || failure instanceof RunningNode.Failed;
    if (failure instanceof IllegalArgumentException) {
      command.getErr().println("twin: " + failure.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    if (!foreseen) {
      log.error("unexpected failure", failure);
    }
    command.getErr().println("twin: " + failure.getMessage());
    return CommandLine.ExitCode.SOFTWARE;
  }

  /** What {@code --version} prints. */
  static final class ProgramVersion implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"twin " + Version.text()};
    }
  }
}
