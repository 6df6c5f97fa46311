package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many readings from programs that are made with what everybody uses: curl, npm's mqtt, Kafka's
 * console producer.
 */
@Tag("full")
@Timeout(300)
final class ForeignLibraryTest {

  private static final int LINES = 100_000;
  private static final int BROKEN_LINE = 50_000;
  private static final int MESSAGES = 500;
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static ProgramUnderTest program;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    program = ProgramUnderTest.demo(data.resolve("data"), "--no-simulator");
  }

  @AfterAll
  static void stop() throws Exception {
    program.close();
  }

  private final Path directory;

  ForeignLibraryTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void curlSendsAFileOfAHundredThousandLines() throws Exception {
    ForeignProgram curl = ForeignProgram.orSkip("curl");
    Path lines = directory.resolve("lines.ndjson");
    try (BufferedWriter writer = Files.newBufferedWriter(lines, UTF_8)) {
      for (int seq = 1; seq <= LINES; seq++) {
        writer.write(
            seq == BROKEN_LINE
                ? "{\"broken\n"
                : "{\"timestamp\":\"%s\",\"seq\":%d,\"zone_c\":%d}%n"
                    .formatted(START.plusMillis(seq * 10L), seq, 180 + seq % 7));
      }
    }
    Path answer = directory.resolve("answer.ndjson");
    ForeignProgram.Output output =
        curl.run(
            directory,
            "-sS",
            "-o",
            answer.toString(),
            "-w",
            "%{http_code} in %{time_total} s",
            "-H",
            "content-type: application/x-ndjson",
            "--data-binary",
            "@" + lines,
            program.url() + "/api/v1/machines/curled/readings");
    System.out.println(LINES + " lines by curl: " + output.stdout());
    assertThat(output.stdout()).startsWith("200 ");
    List<String> results = Files.readAllLines(answer, UTF_8);
    assertThat(results).hasSize(LINES + 1);
    JsonNode broken = JSON.readTree(results.get(BROKEN_LINE - 1));
    assertThat(broken.get("line").asInt()).isEqualTo(BROKEN_LINE);
    assertThat(broken.get("code").asText()).isEqualTo("not_json");
    assertThat(results.getLast())
        .isEqualTo(
            "{\"recorded\":%d,\"late\":0,\"duplicate\":0,\"rejected\":1}".formatted(LINES - 1));
    assertThat(program.api().recordedSeqs("curled"))
        .isEqualTo(
            LongStream.rangeClosed(1, LINES).filter(seq -> seq != BROKEN_LINE).boxed().toList());
  }

  @Test
  void aProgramWithNpmsMqttConnectsAMachine() throws Exception {
    ForeignProgram node = ForeignProgram.orSkip("node");
    ForeignProgram npm = ForeignProgram.orSkip("npm");
    npm.runOrSkip(
        directory,
        "the package mqtt cannot be had from npm's registry",
        "install",
        "--prefix",
        directory.toString(),
        "--no-audit",
        "--no-fund",
        "mqtt@5");
    Path script = directory.resolve("machine.js");
    Files.writeString(
        script,
        """
        const mqtt = require('mqtt');
        const [url, machine, messages] = process.argv.slice(2);
        const client = mqtt.connect(url, { protocolVersion: 5 });
        client.on('error', (error) => { console.error(error); process.exit(1); });
        client.on('connect', async () => {
          const begin = Date.now() - 1000 * Number(messages);
          for (let seq = 1; seq <= Number(messages); seq++) {
            const reading = {
              timestamp: new Date(begin + 1000 * seq).toISOString(), seq, speed: 20 + (seq % 3),
            };
            await client.publishAsync(
              `twin/v1/machines/${machine}/readings`, JSON.stringify(reading), { qos: 1 });
          }
          await client.endAsync();
        });
        """,
        UTF_8);
    node.run(
        directory,
        script.toString(),
        "mqtt://127.0.0.1:" + program.mqtt().getPort(),
        "noded",
        Integer.toString(MESSAGES));
    Eventually.get(
        "the last reading",
        () -> program.api().state("noded"),
        state -> state.at("/reading/seq").asInt() == MESSAGES);
    assertThat(program.api().recordedSeqs("noded"))
        .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(1, MESSAGES).boxed().toList());
  }

  @Test
  void kafkasConsoleProducerConnectsAMachine() throws Exception {
    Path records = directory.resolve("records");
    try (BufferedWriter writer = Files.newBufferedWriter(records, UTF_8)) {
      for (int seq = 1; seq <= MESSAGES; seq++) {
        writer.write(
            "consoled|{\"timestamp\":\"%s\",\"seq\":%d,\"bar\":%d}%n"
                .formatted(START.plusSeconds(seq), seq, seq % 5));
      }
    }
    Path log = directory.resolve("producer.log");
    Process producer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "org.apache.kafka.tools.ConsoleProducer",
                "--bootstrap-server",
                program.address("Kafka"),
                "--topic",
                "sensor-raw-data",
                "--property",
                "parse.key=true",
                "--property",
                "key.separator=|")
            .redirectInput(records.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(producer.waitFor(90, TimeUnit.SECONDS)).isTrue();
    assertThat(producer.exitValue()).as(Files.readString(log, UTF_8)).isZero();
    Eventually.get(
        "the last reading",
        () -> program.api().state("consoled"),
        state -> state.at("/reading/seq").asInt() == MESSAGES);
    assertThat(program.api().recordedSeqs("consoled"))
        .isEqualTo(LongStream.rangeClosed(1, MESSAGES).boxed().toList());
  }
}
