package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of the Unity package, compiled and run without Unity where Mono is installed. */
@Timeout(180)
final class UnityScriptsTest {

  private final Path directory;

  UnityScriptsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void compileAndPublishTheGoldenBytes() throws Exception {
    ForeignProgram compiler = ForeignProgram.orSkip("mcs");
    ForeignProgram mono = ForeignProgram.orSkip("mono");

    Path program = UnityScripts.compile(compiler, directory);

    assertThat(mono.run(directory, program.toString(), "bytes").stdout())
        .isEqualTo(Files.readString(UnityScripts.golden("readings.tsv")));
    Path states = UnityScripts.golden("states.ndjson");
    assertThat(mono.run(directory, program.toString(), "states", states.toString()).stdout())
        .isEqualTo(Files.readString(UnityScripts.golden("states.txt")));
  }

  @Test
  @Tag("full")
  void anOverstrainedMachineInASceneTurnsRed() throws Exception {
    ForeignProgram compiler = ForeignProgram.orSkip("mcs");
    ForeignProgram mono = ForeignProgram.orSkip("mono");
    Path program = UnityScripts.compile(compiler, directory);
    try (ProgramUnderTest demo =
        ProgramUnderTest.demo(directory.resolve("data"), "--no-simulator")) {
      String port = Integer.toString(demo.mqtt().getPort());

      String shown =
          mono.run(directory, program.toString(), "live", "127.0.0.1", port, "unity-press-7")
              .stdout();

      assertThat(shown).startsWith("unity-press-7 Alarm 0.85,0.15,0.15 ").endsWith(" min\n");
      assertThat(demo.api().state("unity-press-7").path("status").asText()).isEqualTo("alarm");
    }
  }
}
