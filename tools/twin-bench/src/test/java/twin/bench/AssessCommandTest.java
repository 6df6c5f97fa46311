package twin.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

final class AssessCommandTest {

  private static final Path SHIPPED = Path.of("..", "..", "model-artifacts", "models");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }

  @Test
  void measuresEveryTypeThatHasABundle() throws Exception {
    assertThat(
            run(
                "bench",
                "assess",
                "--json",
                "--models",
                SHIPPED.toString(),
                "--forks",
                "0",
                "--seconds",
                "0.02",
                "--measurements",
                "1"))
        .as(err.toString())
        .isZero();
    List<JsonNode> items =
        StreamSupport.stream(
                new ObjectMapper().readTree(out.toString()).path("items").spliterator(), false)
            .toList();
    assertThat(items).anyMatch(item -> item.path("machine_type").asText().equals("milling"));
    for (JsonNode item : items) {
      for (String part : List.of("features", "inference", "policy", "whole")) {
        assertThat(item.path(part).path("us").asDouble()).as(item + " " + part).isPositive();
      }
    }
  }

  @Test
  void assessesEveryReadingThatItMeasures() {
    try (Bundles bundles = Bundles.open(SHIPPED)) {
      for (String type : bundles.judgedTypes()) {
        try (BenchedMachine machine = bundles.machine(type)) {
          long before = machine.readingsSoFar();
          assertThat(before).isGreaterThan(BenchedMachine.WARM_UP_READINGS);
          for (int i = 1; i <= 100; i++) {
            assertThat(machine.assess().assessment()).as(type).isNotNull();
            assertThat(machine.readingsSoFar()).isEqualTo(before + i);
          }
          assertThat(machine.inference()).hasSize(1);
          assertThat(machine.policy().health().health()).as(type).isNotNull();
        }
      }
    }
  }

  @Test
  void saysInALineWhatIsWrong() {
    assertThat(run("bench", "assess", "--models", SHIPPED.toString(), "--type", "toaster"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("type toaster has no bundle").contains("milling");
    assertThat(run("bench", "assess", "--seconds", "0")).isEqualTo(2);
  }
}
