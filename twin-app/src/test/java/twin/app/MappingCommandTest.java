package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./twin mapping test}, with the mappings and messages that the README shows. */
final class MappingCommandTest {

  private static final Path EXAMPLES = Path.of("../docs/mappings");
  private static final String TELEMETRY =
      "{\"ts\":1762528201250,\"values\":{\"temperature\":42.5,\"door\":\"open\"}}";

  private final InputStream stdin = System.in;
  private final StringWriter stdout = new StringWriter();

  private final Path directory;

  MappingCommandTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @AfterEach
  void giveStdinBack() {
    System.setIn(stdin);
  }

  @Test
  void printsTheReadingsOfTheExamples() {
    assertThat(
            run(
                "sensor-data.conf",
                "{\"machine_id\":1,\"timestamp\":1762528201,\"sensor_data\":{\"type\":\"M\","
                    + "\"airTemperature\":300.5,\"processTemperature\":37.05,"
                    + "\"rotationalSpeed\":1500,\"torque\":42.8,\"toolWear\":300}}"))
        .isZero();
    assertThat(stdout.toString())
        .isEqualToIgnoringNewLines(
            "{\"machine_id\":\"machine-1\",\"machine_type\":\"milling\","
                + "\"timestamp\":\"2025-11-07T15:10:01Z\",\"variant\":\"M\",\"air_temp_k\":300.5,"
                + "\"process_temp_k\":310.2,\"rpm\":1500.0,\"tool_wear_min\":5.0,"
                + "\"torque_nm\":42.8}");
  }

  @Test
  void printsOneDocumentWithJson() throws Exception {
    assertThat(
            run(
                "thingsboard.conf",
                "[%s,{\"ts\":5}]".formatted(TELEMETRY),
                "--json",
                "--topic",
                "sensors/kiln-3/telemetry"))
        .isOne();
    JsonNode document = new ObjectMapper().readTree(stdout.toString());
    assertThat(document.at("/readings/0/temperature").asDouble()).isEqualTo(42.5);
    assertThat(document.at("/readings/0/machine_id").asText()).isEqualTo("kiln-3");
    assertThat(document.at("/dead_letters/0/reason").asText()).isEqualTo("no_number");
    assertThat(document.at("/dead_letters/0/detail").asText()).contains("'/values'");
  }

  @Test
  void saysWhatWouldBeADeadLetter() {
    assertThat(run("features.conf", "{", "--topic", "serve-ml/press-7/features")).isOne();
    assertThat(stdout.toString()).startsWith("dead letter not_json: the message is no JSON");
  }

  @Test
  void takesKeyAndHeaders() throws Exception {
    Path file = directory.resolve("keyed.conf");
    Files.writeString(
        file,
        """
        machine-id { key = true }
        timestamp { header = at }
        channels { x = "/x" }
        """);
    assertThat(run(file, "{\"x\":1}", "--key", "press-7", "--header", "at=1762528201")).isZero();
    assertThat(stdout.toString())
        .isEqualToIgnoringNewLines(
            "{\"machine_id\":\"press-7\",\"timestamp\":\"2025-11-07T15:10:01Z\",\"x\":1.0}");
  }

  @Test
  void refusesABadFileAndAMissingTopic() throws Exception {
    Path bad = directory.resolve("bad.conf");
    Files.writeString(bad, "machine-id = \"/m\"\ntimestamp = \"/t\"\nchannels { rpm = r }\n");
    assertThat(run(bad, "{}")).isEqualTo(2);
    Files.writeString(bad, "machine-id = {");
    assertThat(run(bad, "{}")).isEqualTo(2);
    assertThat(run(directory.resolve("none.conf"), "{}")).isEqualTo(2);
    assertThat(run("features.conf", "{}")).isEqualTo(2);
    assertThat(stdout.toString()).isEmpty();
  }

  private int run(String example, String message, String... options) {
    return run(EXAMPLES.resolve(example), message, options);
  }

  private int run(Path file, String message, String... options) {
    System.setIn(new ByteArrayInputStream(message.getBytes(UTF_8)));
    List<String> arguments = new ArrayList<>(List.of("mapping", "test", file.toString()));
    arguments.addAll(List.of(options));
    return Main.run(new PrintWriter(stdout), arguments.toArray(String[]::new));
  }
}
