package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The dashboards for Grafana, as files. */
final class Dashboards {

  static final Path CLUSTER_CONFIG = Path.of("../cluster-config").toAbsolutePath().normalize();

  private Dashboards() {}

  /**
   * A query of a panel.
   *
   * @param place dashboard and panel, for a failure's description
   * @param expression with what Grafana puts in for its variables
   */
  record PanelQuery(String place, String expression) {}

  /** Every query of every panel. */
  static List<PanelQuery> queries() throws IOException {
    List<PanelQuery> queries = new ArrayList<>();
    try (Stream<Path> files = Files.list(CLUSTER_CONFIG.resolve("grafana/dashboards"))) {
      for (Path file : files.sorted().toList()) {
        JsonNode dashboard = new ObjectMapper().readTree(file.toFile());
        assertThat(file.getFileName().toString())
            .isEqualTo(dashboard.get("uid").asText() + ".json");
        for (JsonNode panel : dashboard.get("panels")) {
          for (JsonNode target : panel.path("targets")) {
            queries.add(
                new PanelQuery(
                    "%s: %s".formatted(dashboard.get("uid").asText(), panel.get("title").asText()),
                    target
                        .get("expr")
                        .asText()
                        .replace("$__rate_interval", "30s")
                        .replace("$instance", ".*")));
          }
        }
      }
    }
    return queries;
  }
}
