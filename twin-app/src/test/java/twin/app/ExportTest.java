package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./twin export} against a running node. */
@Tag("full")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class ExportTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final int READINGS = 300;
  private static final String MILL = "mill-1";
  private static final String OVEN = "oven-1";
  private static final String HEADER =
      "timestamp,seq,revision,index,placement,air_temp_k,process_temp_k,rpm,torque_nm,"
          + "tool_wear_min,variant,quality";

  private final Path directory;
  private final StringWriter stdout = new StringWriter();
  private ProgramUnderTest program;

  ExportTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @BeforeAll
  void start() throws Exception {
    program = ProgramUnderTest.demo(directory.resolve("data"), "--no-simulator");
    Api api = program.api();
    StringBuilder batch = new StringBuilder("[");
    for (int i = 1; i <= READINGS; i++) {
      // A gap, which the late reading fills; and a value that no machine has.
      if (i != 150) {
        batch.append(batch.length() > 1 ? "," : "").append(reading(i, i == 200 ? "1e9" : "40.5"));
      }
    }
    post(api, MILL, batch.append("]").toString());
    post(api, MILL, reading(150, "41"));
    post(
        api,
        OVEN,
        "{\"timestamp\":\"%s\",\"zone_1_c\":181.5,\"door\":\"closed\"}".formatted(START));
    Eventually.get(
        "both in the fleet",
        () -> api.ok("/api/v1/machines").get("items").size(),
        machines -> machines == 2);
  }

  @AfterAll
  void stop() throws Exception {
    program.close();
  }

  private static void post(Api api, String id, String body) throws Exception {
    Api.Answer answer = api.post("/api/v1/machines/" + id + "/readings", body);
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
    assertThat(answer.body().path("rejected").asInt()).isZero();
  }

  private static String reading(int seq, String torqueNm) {
    // Worn beyond what tools last, after a while: that raises alerts.
    return String.format(
        Locale.ROOT,
        "{\"timestamp\":\"%s\",\"seq\":%d,\"variant\":\"L\",\"air_temp_k\":299.1,"
            + "\"process_temp_k\":309.5,\"rpm\":1500,\"torque_nm\":%s,\"tool_wear_min\":%d}",
        START.plusMillis(100L * seq),
        seq,
        torqueNm,
        seq > 250 ? 250 : 20);
  }

  private int export(Path out, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "export",
                "--url=" + program.url(),
                "--from=" + START,
                "--to=" + START.plusSeconds(60),
                "--out=" + out));
    arguments.addAll(List.of(options));
    stdout.getBuffer().setLength(0);
    return Main.run(new PrintWriter(stdout), arguments.toArray(String[]::new));
  }

  private static JsonNode manifest(Path out) throws IOException {
    return JSON.readTree(out.resolve("manifest.json").toFile());
  }

  private static List<List<String>> table(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> Arrays.asList(line.split(",", -1)))
        .toList();
  }

  @Test
  void hasEveryReadingAsItWasSent() throws Exception {
    Path out = directory.resolve("csv");
    assertThat(export(out)).isZero();
    assertThat(stdout.toString())
        .contains("2 machines, 301 readings, ")
        .doesNotContain(System.lineSeparator() + System.lineSeparator());
    List<List<String>> rows = table(out.resolve("readings/mill-1.csv"));
    assertThat(String.join(",", rows.getFirst())).isEqualTo(HEADER);
    assertThat(rows).hasSize(READINGS + 1);
    for (List<String> row : rows.subList(1, rows.size())) {
      int seq = Integer.parseInt(row.get(1));
      assertThat(Instant.parse(row.get(0))).isEqualTo(START.plusMillis(100L * seq));
      assertThat(row.get(4)).isEqualTo(seq == 150 ? "late" : "in_order");
      assertThat(Double.parseDouble(row.get(8)))
          .isEqualTo(seq == 200 ? 1e9 : seq == 150 ? 41 : 40.5);
      assertThat(row.get(10)).isEqualTo("L");
      assertThat(row.get(11)).isEqualTo(seq == 200 ? "torque_nm=bad" : "");
    }
    assertThat(rows.stream().skip(1).map(row -> row.get(1)).distinct()).hasSize(READINGS);
    assertThat(table(out.resolve("assessments/mill-1.csv")).getFirst())
        .contains("anomaly_score", "threshold", "failure.overstrain", "rul_p50");
  }

  @Test
  void hasEveryChangeOfAnAlert() throws Exception {
    Path out = directory.resolve("alerts");
    assertThat(export(out, "--machines=" + MILL)).isZero();
    List<List<String>> rows = table(out.resolve("alerts/mill-1.csv"));
    List<JsonNode> changes =
        program.api().events(MILL).stream()
            .filter(event -> event.get("event").asText().equals("alert"))
            .toList();
    assertThat(changes).isNotEmpty();
    assertThat(rows.stream().skip(1).map(row -> row.get(1) + " " + row.get(3) + " " + row.get(8)))
        .containsExactlyElementsOf(
            changes.stream()
                .map(
                    event ->
                        event.get("revision").asText()
                            + " "
                            + event.at("/body/alert_id").asText()
                            + " "
                            + event.at("/body/to").asText())
                .toList());
  }

  @Test
  void saysInTheManifestWhatIsInTheFiles() throws Exception {
    Path out = directory.resolve("manifest");
    assertThat(export(out, "--format=ndjson", "--json")).isZero();
    JsonNode summary = JSON.readTree(stdout.toString());
    assertThat(summary.at("/rows/readings").asLong()).isEqualTo(READINGS + 1);
    JsonNode manifest = manifest(out);
    assertThat(manifest.path("from").asText()).isEqualTo("2025-11-07T15:00:00Z");
    assertThat(manifest.path("machines").findValuesAsText("machine_id"))
        .containsExactly(MILL, OVEN);
    JsonNode mill = manifest.at("/machines/0");
    assertThat(mill.path("machine_type").asText()).isEqualTo("milling");
    assertThat(mill.path("rul_unit").asText()).isEqualTo("min");
    assertThat(mill.at("/channels/3/name").asText()).isEqualTo("torque_nm");
    assertThat(mill.at("/channels/3/unit").asText()).isEqualTo("Nm");
    for (JsonNode machine : manifest.path("machines")) {
      for (JsonNode file : machine.path("files")) {
        Path path = out.resolve(file.path("path").asText());
        byte[] bytes = Files.readAllBytes(path);
        assertThat(bytes).hasSize(file.path("bytes").asInt());
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)))
            .isEqualTo(file.path("sha256").asText());
        List<String> lines = Files.readAllLines(path);
        assertThat(lines).as(path.toString()).hasSize(file.path("rows").asInt());
        for (String line : lines) {
          assertThat(JSON.readTree(line).isObject()).isTrue();
        }
      }
    }
    assertThat(Files.exists(out.resolve("unfinished.ndjson"))).isFalse();
  }

  @Test
  void hasHeadersAloneWhereNothingWasRead() throws Exception {
    Path out = directory.resolve("nothing");
    assertThat(export(out, "--from=2030-01-01T00:00:00Z", "--to=2030-01-02T00:00:00Z"))
        .isEqualTo(2);
    assertThat(
            Main.run(
                new PrintWriter(stdout),
                "export",
                "--url=" + program.url(),
                "--from=2030-01-01T00:00:00Z",
                "--to=2030-01-02T00:00:00Z",
                "--types=milling",
                "--out=" + out))
        .isZero();
    assertThat(Files.readString(out.resolve("readings/mill-1.csv"), UTF_8))
        .isEqualTo(HEADER + "\r\n");
    assertThat(manifest(out).at("/machines")).hasSize(1);
    assertThat(manifest(out).at("/rows/readings").asLong()).isZero();
  }

  @Test
  void refusesWhatItDoesNotKnow() throws Exception {
    Path out = directory.resolve("refused");
    assertThat(export(out, "--machines=mill-1,ghost")).isOne();
    assertThat(export(out, "--types=kettle")).isOne();
    assertThat(export(out, "--machines=mill-1", "--types=milling")).isEqualTo(2);
    assertThat(Files.exists(out)).as("nothing is begun").isFalse();
    Files.writeString(Files.createDirectories(out).resolve("mine.txt"), "x");
    assertThat(export(out)).isEqualTo(2);
    assertThat(stdout.toString()).isEmpty();
  }

  @Test
  void goesOnWhereItWasBrokenOff() throws Exception {
    Path out = directory.resolve("broken");
    assertThat(export(out)).isZero();
    JsonNode whole = manifest(out);
    // As if it had ended while the second machine's line was written.
    Files.delete(out.resolve("manifest.json"));
    Files.delete(out.resolve("readings/oven-1.csv"));
    JsonNode parameters =
        JSON.createObjectNode()
            .put("format", "csv")
            .put("from", START.toString())
            .put("to", START.plusSeconds(60).toString());
    Files.writeString(
        out.resolve("unfinished.ndjson"),
        parameters + "\n" + whole.at("/machines/0") + "\n{\"machine_id\":\"oven-1\",\"fil");
    assertThat(export(out)).as("without --continue").isEqualTo(2);
    assertThat(export(out, "--continue", "--format=ndjson")).as("another export").isEqualTo(2);
    assertThat(export(out, "--continue")).isZero();
    assertThat(manifest(out).path("machines")).isEqualTo(whole.path("machines"));
    assertThat(manifest(out).path("rows")).isEqualTo(whole.path("rows"));
    assertThat(table(out.resolve("readings/oven-1.csv")).get(1)).contains("181.5", "closed");
  }
}
