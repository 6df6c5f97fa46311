package twin.app.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.BufferedReader;
import java.io.File;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServiceException.Reason;

final class EmbeddedServicesTest {

  private final Path temp;

  EmbeddedServicesTest(@TempDir Path temp) {
    this.temp = temp;
  }

  @Test
  void whenOneCannotStartTheOthersAreStopped() throws Exception {
    Path path = temp.resolve("data");
    try (ServerSocketChannel taken = LoopbackPort.bind(0, 1, "a test", "--none")) {
      EmbeddedServiceException refused =
          catchThrowableOfType(
              EmbeddedServiceException.class,
              () ->
                  EmbeddedServices.start(
                      EmbeddedServices.Settings.defaults(path)
                          .withPorts(0, LoopbackPort.portOf(taken), 0),
                      line -> {}));

      assertThat(refused.reason()).isEqualTo(Reason.PORT_IN_USE);
      assertThat(refused).hasMessageContaining("--mqtt-port");
    }
    assertThat(path.resolve("postgres/data/postmaster.pid")).doesNotExist();
    // The directory is free again, and nothing is left of the first attempt that is in the way.
    ConcurrentLinkedQueue<String> progress = new ConcurrentLinkedQueue<>();
    EmbeddedServices.start(settings(path), progress::add).close();
    assertThat(progress).hasSize(4).last().asString().startsWith("embedded services: all up in");
  }

  @Test
  @Tag("full")
  void aKilledRunIsClearedAwayAndLosesNothing() throws Exception {
    Path path = temp.resolve("data");
    Process program = startProgram(path);
    long serverPid;
    try {
      assertThat(nextLine(program)).isEqualTo("written");
      serverPid = serverPid(path);

      EmbeddedServiceException refused =
          catchThrowableOfType(
              EmbeddedServiceException.class,
              () -> EmbeddedServices.start(settings(path), line -> {}));
      assertThat(refused.reason()).isEqualTo(Reason.DATA_IN_USE);
      assertThat(refused).hasMessageContaining("pid " + program.pid());
    } finally {
      program.destroyForcibly();
    }
    assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(ProcessHandle.of(serverPid)).as("the server survives its program").isPresent();

    try (EmbeddedServices services = EmbeddedServices.start(settings(path), line -> {})) {
      assertThat(ProcessHandle.of(serverPid).filter(ProcessHandle::isAlive)).isEmpty();
      assertThat(WritingProgram.read(services))
          .containsExactly("in PostgreSQL", "in MQTT", "in Kafka");
    }
  }

  @Test
  @Tag("full")
  void freshStopsWhatAKilledRunLeftBehindAndBeginsWithNothing() throws Exception {
    Path path = temp.resolve("data");
    Process program = startProgram(path);
    long serverPid;
    try {
      assertThat(nextLine(program)).isEqualTo("written");
      serverPid = serverPid(path);
    } finally {
      program.destroyForcibly();
    }
    assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();

    try (EmbeddedServices services =
        EmbeddedServices.start(settings(path).withFresh(true), line -> {})) {
      assertThat(ProcessHandle.of(serverPid).filter(ProcessHandle::isAlive)).isEmpty();
      assertThat(WritingProgram.tableExists(services)).isFalse();
    }
  }

  private static EmbeddedServices.Settings settings(Path path) {
    return EmbeddedServices.Settings.defaults(path).withPorts(0, 0, 0);
  }

  private static long serverPid(Path path) throws Exception {
    return Long.parseLong(
        Files.readAllLines(path.resolve("postgres/data/postmaster.pid")).getFirst());
  }

  private static Process startProgram(Path path) throws Exception {
    String java = System.getProperty("java.home") + File.separator + "bin/java";
    return new ProcessBuilder(
            List.of(
                java,
                "-Xmx512m",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                WritingProgram.class.getName(),
                path.toString()))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static @Nullable String nextLine(Process program) throws Exception {
    BufferedReader reader = program.inputReader(UTF_8);
    return reader.readLine();
  }
}
