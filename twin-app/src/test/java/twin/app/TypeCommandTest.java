package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeJson;
import twin.core.type.MachineTypeReader;

/** {@code ./twin type init}. */
final class TypeCommandTest {

  private final StringWriter stdout = new StringWriter();

  private int run(Path file, String... options) {
    List<String> arguments = new ArrayList<>(List.of("type", "init", file.toString()));
    arguments.addAll(List.of(options));
    return Main.run(new PrintWriter(stdout), arguments.toArray(String[]::new));
  }

  private static Path file(Path directory) throws IOException {
    return Files.writeString(
        directory.resolve("Hydraulic Press 2.csv"), "ts,oil_bar,Stroke [mm]\n,140,10\n,142,12\n");
  }

  @Test
  void printsConfigurationThatANodeReads(@TempDir Path directory) throws IOException {
    assertThat(run(file(directory))).isZero();
    MachineType type =
        MachineTypeReader.read(
            "hydraulic_press_2",
            ConfigFactory.parseString(stdout.toString()).getConfig("twin.types.hydraulic_press_2"));
    assertThat(type.channels()).extracting(channel -> channel.unit()).containsExactly("bar", "mm");
  }

  @Test
  void printsWhatTheServerTakesWithJson(@TempDir Path directory) throws IOException {
    assertThat(run(file(directory), "--json", "--name", "press")).isZero();
    assertThat(MachineTypeJson.read("press", stdout.toString()).channels()).hasSize(2);
  }

  @Test
  void wrongUsageIsStatusTwo(@TempDir Path directory) throws IOException {
    assertThat(run(directory.resolve("none.csv"))).isEqualTo(2);
    assertThat(run(Files.writeString(directory.resolve("empty.csv"), ""))).isEqualTo(2);
    assertThat(run(file(directory), "--name", "No Name")).isEqualTo(2);
    assertThat(stdout.toString()).isEmpty();
  }
}
