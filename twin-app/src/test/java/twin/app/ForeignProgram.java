package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A program that somebody else wrote and that may be installed here, or not. */
record ForeignProgram(Path path) {

  private static final long END_WITHIN_SECONDS = 90;

  /** Finds one of these; where none is installed, the test is skipped and says what it left out. */
  static ForeignProgram orSkip(String... names) {
    Optional<Path> found =
        Arrays.stream(names)
            .flatMap(ForeignProgram::candidates)
            .filter(Files::isExecutable)
            .findFirst();
    Assumptions.assumeTrue(
        found.isPresent(), () -> "left out: not installed here: " + String.join(", ", names));
    return new ForeignProgram(found.orElseThrow());
  }

  private static Stream<Path> candidates(String name) {
    // Servers are in places that are not on every user's path.
    return Stream.concat(
            Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)),
            Stream.of("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, name));
  }

  /** What it printed. */
  record Output(String stdout, String stderr) {}

  /** Runs it to its end, which has to be a good one. */
  Output run(Path directory, String... arguments) throws IOException, InterruptedException {
    Path stdout = Files.createTempFile(directory, "foreign", ".out");
    Path stderr = Files.createTempFile(directory, "foreign", ".err");
    Process process =
        command(arguments).redirectOutput(stdout.toFile()).redirectError(stderr.toFile()).start();
    try {
      boolean ended = process.waitFor(END_WITHIN_SECONDS, TimeUnit.SECONDS);
      Output output = new Output(Files.readString(stdout, UTF_8), Files.readString(stderr, UTF_8));
      assertThat(ended).as("%s ends; %s", path, output).isTrue();
      assertThat(process.exitValue()).as("%s: %s", path, output).isZero();
      return output;
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** Runs it to its end, which has to be a good one or else the test is skipped with this word. */
  void runOrSkip(Path directory, String leftOut, String... arguments)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile(directory, "foreign", ".log");
    Process process = start(log, arguments);
    try {
      boolean ended = process.waitFor(END_WITHIN_SECONDS, TimeUnit.SECONDS);
      String said = Files.readString(log, UTF_8);
      Assumptions.assumeTrue(
          ended && process.exitValue() == 0,
          () -> "left out: %s: %s".formatted(leftOut, said.lines().limit(3).toList()));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** Starts it and lets it run; what it says goes to that file. */
  Process start(Path log, String... arguments) throws IOException {
    return command(arguments).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  private ProcessBuilder command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(path.toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }
}
