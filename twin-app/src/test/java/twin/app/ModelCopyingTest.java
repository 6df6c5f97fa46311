package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./twin models pull}, {@code push} and {@code verify}, with the bundles that are shipped.
 */
final class ModelCopyingTest {

  private static final String SHIPPED = "../model-artifacts/models";

  @TempDir private Path scratch;

  private StringWriter stdout = new StringWriter();

  @BeforeEach
  void configure() throws Exception {
    Files.writeString(
        scratch.resolve("twin.conf"),
        "twin.models { folder = \"%s\", registry.folder = \"%s\" }\n"
            .formatted(Path.of(SHIPPED).toAbsolutePath(), scratch.resolve("shared")));
  }

  private int run(String... arguments) {
    stdout = new StringWriter();
    List<String> all = new ArrayList<>(List.of("models"));
    all.addAll(Arrays.asList(arguments));
    all.addAll(List.of("--config", scratch.resolve("twin.conf").toString()));
    return Main.run(new PrintWriter(stdout), all.toArray(String[]::new));
  }

  private void damage(Path file) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void whatIsPushedIsPulledElsewhere() {
    assertThat(run("push", "milling:1.0.0")).isZero();
    assertThat(stdout.toString()).contains("milling:1.0.0", "pushed");
    assertThat(run("push", "milling:1.0.0")).isZero();
    assertThat(stdout.toString()).contains("present");
    String node = scratch.resolve("node").toString();
    assertThat(run("pull", "milling", "--folder", node)).isZero();
    assertThat(scratch.resolve("node/milling/1.0.0/milling.onnx")).exists();
    assertThat(run("verify", "--folder", node)).isZero();
    assertThat(stdout.toString()).contains("good");
  }

  @Test
  void whatIsDamagedIsNotPulledAndFails() throws Exception {
    assertThat(run("push", "milling:1.0.0", "pump:1.0.0")).isZero();
    damage(scratch.resolve("shared/pump/1.0.0/gate.onnx"));
    assertThat(run("verify", "--registry", "--json")).isEqualTo(1);
    JsonNode told = new ObjectMapper().readTree(stdout.toString());
    assertThat(told.at("/0/outcome").asText()).isEqualTo("good");
    assertThat(told.at("/1/outcome").asText()).isEqualTo("refused");
    assertThat(told.at("/1/detail").asText()).contains("gate.onnx is not the file");
    assertThat(run("pull", "--folder", scratch.resolve("node").toString())).isEqualTo(1);
    assertThat(scratch.resolve("node/milling/1.0.0")).exists();
    assertThat(scratch.resolve("node/pump/1.0.0")).doesNotExist();
  }

  @Test
  void whatCannotBeDoneIsTwo() throws Exception {
    assertThat(run("pull", "milling:7.0.0")).isEqualTo(2);
    assertThat(run("pull", "no/type")).isEqualTo(2);
    assertThat(run("push", "milling")).isEqualTo(2);
    Files.writeString(scratch.resolve("twin.conf"), "twin.models.registry.kind = s4\n");
    assertThat(run("pull")).isEqualTo(2);
    Files.writeString(scratch.resolve("twin.conf"), "twin.models.registry.timeout = soon\n");
    assertThat(run("pull")).isEqualTo(2);
  }
}
