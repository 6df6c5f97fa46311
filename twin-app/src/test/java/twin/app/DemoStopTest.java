package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the program begins and ends. */
@Timeout(180)
final class DemoStopTest {

  /** What the JVM ends with after SIGTERM, when its shutdown hooks are done. */
  private static final int ENDED_BY_SIGTERM = 143;

  private static final String MACHINE = "press-7";

  private final Path directory;

  DemoStopTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Tag("full")
  @Test
  void stopsInOrderWhenToldToAndKnowsEverythingNextTime() throws Exception {
    Path data = directory.resolve("data");
    JsonNode before;
    long postgres;
    try (ProgramUnderTest program = ProgramUnderTest.demo(data, "--no-simulator")) {
      Api.Answer answer =
          program
              .api()
              .post(
                  "/api/v1/machines/" + MACHINE + "/readings",
                  "{\"timestamp\":\"%s\",\"load_pct\":71}".formatted(Instant.now()));
      assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
      before = program.api().state(MACHINE);
      postgres = program.postgresPid();

      assertThat(program.terminate()).as(program::said).isIn(0, ENDED_BY_SIGTERM);
      assertThat(program.stderr()).contains("twin: stopping");
      assertThat(program.stderr()).noneMatch(line -> line.startsWith("\tat "));
    }
    // Its last act is to remove its file; the process ends a moment later.
    Eventually.get(
        "PostgreSQL is gone", () -> ProcessHandle.of(postgres), Predicate.not(Optional::isPresent));
    assertThat(data.resolve("postgres/data/postmaster.pid")).doesNotExist();

    try (ProgramUnderTest again = ProgramUnderTest.demo(data, "--no-simulator", "--seconds=1")) {
      assertThat(again.api().state(MACHINE)).isEqualTo(before);
      assertThat(again.exitStatus()).as(again::said).isZero();
    }
  }

  @Test
  @Tag("full")
  void endsQuietlyWhenToldToWhileItStarts() throws Exception {
    Path data = directory.resolve("data");
    for (String saying : List.of("MQTT: up", "embedded services: all up", "model milling")) {
      try (ProgramUnderTest program = ProgramUnderTest.runDemo(data)) {
        program.awaitSaying(saying);
        assertThat(program.terminate()).as(program::said).isEqualTo(ENDED_BY_SIGTERM);
        assertThat(program.stdout()).isEmpty();
        assertThat(program.stderr()).last().isEqualTo("twin: stopped before it was ready");
        assertThat(program.stderr())
            .as(program::said)
            .noneMatch(line -> line.contains("ERROR") || line.startsWith("\tat "));
        assertThat(data.resolve("postgres/data/postmaster.pid")).doesNotExist();
      }
    }
  }

  @Test
  void aNodeThatWaitsForItsDatabaseEndsQuietly() throws Exception {
    Path config = directory.resolve("node.conf");
    // A port that the system never gives out by itself, and that needs a right to be listened on.
    Files.writeString(
        config,
        "twin.database.url = \"jdbc:postgresql://127.0.0.1:1/plant\"\ntwin.http.port = 0\n");
    try (ProgramUnderTest program = ProgramUnderTest.run(directory, "node", "--config=" + config)) {
      program.awaitSaying("waiting for the database");
      assertThat(program.terminate()).as(program::said).isEqualTo(ENDED_BY_SIGTERM);
      assertThat(program.stderr()).last().isEqualTo("twin: stopped before it was ready");
      assertThat(program.stderr()).noneMatch(line -> line.startsWith("\tat "));
    }
  }

  @Test
  void aPortInUseIsSaidBeforeAnythingIsStarted() throws Exception {
    Path data = directory.resolve("data");
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (String option : List.of("--http-port", "--mqtt-port", "--kafka-port")) {
        try (ProgramUnderTest program =
            ProgramUnderTest.runDemo(data, option + "=" + other.getLocalPort())) {
          assertThat(program.exitStatus()).as(program::said).isEqualTo(1);
          assertThat(program.stderr()).as(program::said).hasSize(1);
          assertThat(program.stderr()).first().asString().contains(option);
        }
      }
    }
  }

  @Test
  void wrongUsageIsStatusTwo() throws Exception {
    refuses("--nonsense", "demo", "--nonsense");
    refuses("--http-port", "demo", "--http-port=65536");
    refuses("say what to do");
  }

  private void refuses(String saying, String... arguments) throws Exception {
    try (ProgramUnderTest program = ProgramUnderTest.run(directory, arguments)) {
      assertThat(program.exitStatus()).as(program::said).isEqualTo(2);
      assertThat(program.stdout()).isEmpty();
      assertThat(program.stderr()).as(program::said).first().asString().contains(saying);
      assertThat(program.stderr()).as(program::said).hasSizeLessThanOrEqualTo(2);
    }
  }
}
