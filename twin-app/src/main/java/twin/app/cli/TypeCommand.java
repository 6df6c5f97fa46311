package twin.app.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.app.ClientKey;
import twin.app.NodeException;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeJson;
import twin.core.type.MachineTypeWriter;
import twin.core.type.TypeProposal;

/** Machine types. */
@Command(
    name = "type",
    description = "Makes machine types.",
    mixinStandardHelpOptions = true,
    subcommands = TypeCommand.Init.class)
final class TypeCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "say what to do, for example ./twin type init FILE.csv");
  }

  /** A type from recorded data. */
  @Command(
      name = "init",
      description = {
        "Proposes a machine type from recorded data: channels, units, ranges, silence.",
        "Prints it as configuration for a node, or with --json as PUT /api/v1/types/NAME takes it.",
        "What became of each column is told on stderr. Look it over: the data cannot know what is"
            + " physically possible."
      },
      mixinStandardHelpOptions = true)
  static final class Init implements Callable<Integer> {

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);
    private static final int OK = 200;

    @Parameters(
        paramLabel = "FILE.csv",
        description =
            "Recorded data: the names of the columns in the first line, a reading in each further"
                + " one; separated by commas, semicolons or tabs.")
    private Path file;

    @Option(names = "--name", description = "Name of the type. Default: that of the file.")
    private @Nullable String name;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
        names = "--put",
        paramLabel = "URL",
        description =
            "Put it in force at once through the node at this address, with the key in"
                + " TWIN_API_KEY.")
    private @Nullable URI put;

    @Mixin private Trust trust = new Trust();

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
      String typeName = name == null ? nameOf(file) : name;
      PrintWriter err = spec.commandLine().getErr();
      PrintWriter out = spec.commandLine().getOut();
      TypeProposal proposal = proposal(typeName);
      tell(err, proposal);
      MachineType type = proposal.type();
      if (put != null) {
        put(put, type);
        err.printf("twin: type %s is in force%n", type.name());
      }
      out.print(json ? MachineTypeJson.write(type) + "\n" : MachineTypeWriter.write(type));
      out.flush();
      err.flush();
      return CommandLine.ExitCode.OK;
    }

    private static String nameOf(Path file) {
      String plain =
          String.valueOf(file.getFileName())
              .replaceFirst("\\.[^.]*$", "")
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^a-z0-9]+", "_")
              .replaceAll("^[^a-z]+|_+$", "");
      return plain.isEmpty() ? "machine" : plain;
    }

    private TypeProposal proposal(String typeName) {
      try (Reader csv = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
        return TypeProposal.of(typeName, csv);
      } catch (IllegalArgumentException e) {
        throw misused("%s: %s".formatted(file, e.getMessage()));
      } catch (NoSuchFileException e) {
        throw misused("there is no file " + file);
      } catch (MalformedInputException e) {
        throw misused("%s is not in UTF-8".formatted(file));
      } catch (IOException e) {
        throw misused("%s cannot be read: %s".formatted(file, e.getMessage()));
      }
    }

    private CommandLine.ParameterException misused(String message) {
      return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    private static void tell(PrintWriter err, TypeProposal proposal) {
      err.printf("twin: %d readings%n", proposal.readings());
      for (TypeProposal.ProposedColumn column : proposal.columns()) {
        err.printf("twin:   %s%n", told(column));
      }
    }

    private static String told(TypeProposal.ProposedColumn column) {
      return switch (column.use()) {
        case CHANNEL ->
            "%s: channel %s%s, %s to %s%s%s"
                .formatted(
                    column.title(),
                    column.name(),
                    column.unit().isEmpty() ? ", unit not known" : " in " + column.unit(),
                    column.least(),
                    column.greatest(),
                    column.empty() == 0 ? "" : ", %d empty: not required".formatted(column.empty()),
                    column.bad() == 0 ? "" : ", %d that are no number".formatted(column.bad()));
        case ATTRIBUTE -> "%s: attribute %s".formatted(column.title(), column.name());
        case TIME -> "%s: the time of a reading".formatted(column.title());
        case MACHINE -> "%s: tells machines apart; left out".formatted(column.title());
        case LABEL -> "%s: taken for what was known afterwards; left out".formatted(column.title());
        case NONE -> "%s: neither numbers nor few texts; left out".formatted(column.title());
      };
    }

    private void put(URI server, MachineType type) throws InterruptedException {
      URI address = server.resolve("/api/v1/types/" + type.name());
      HttpRequest request =
          ClientKey.fromEnvironment()
              .on(HttpRequest.newBuilder(address).timeout(ANSWER_WITHIN))
              .header("Content-Type", "application/json")
              .PUT(HttpRequest.BodyPublishers.ofString(MachineTypeJson.write(type)))
              .build();
      try (HttpClient client = client()) {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != OK) {
          throw new NodeException(
              "%s answered %d: %s".formatted(address, answer.statusCode(), answer.body()));
        }
      } catch (IOException e) {
        throw new NodeException("%s cannot be reached: %s".formatted(address, e), e);
      }
    }

    private HttpClient client() {
      try {
        return trust.client().connectTimeout(ANSWER_WITHIN).build();
      } catch (IllegalArgumentException e) {
        throw misused(String.valueOf(e.getMessage()));
      }
    }
  }
}
