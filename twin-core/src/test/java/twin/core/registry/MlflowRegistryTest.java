package twin.core.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import twin.core.inference.BundleName;
import twin.core.registry.RegistryException.Reason;

/** Against what MLflow documents of its REST API; see {@link DocumentedMlflow}. */
final class MlflowRegistryTest extends RegistryContract {

  private final DocumentedMlflow server;

  MlflowRegistryTest() throws IOException {
    server = new DocumentedMlflow("Bearer a-token");
  }

  @Override
  String settings() {
    return settings("token = a-token");
  }

  private String settings(String credentials) {
    return "kind = mlflow, mlflow { url = \"%s\", %s }".formatted(server.url(), credentials);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Override
  void damage(BundleName bundle, String file, byte[] bytes) {
    server.put(server.path(bundle.label(), file), bytes);
  }

  @Override
  void remove(BundleName bundle, String file) {
    server.remove(server.path(bundle.label(), file));
  }

  @Test
  void aRunHoldsWhatTheBundleWasTrainedFrom() throws Exception {
    registry.publish(FIRST, bundle("1.0.0", 42));
    JsonNode run = server.run("made:1.0.0");
    assertThat(run.at("/info/status").asText()).isEqualTo("FINISHED");
    assertThat(run.at("/data/params").findValuesAsText("key"))
        .contains("machine_type", "bundle_version", "training_data_sha256", "training_seed");
    assertThat(run.at("/data/params").toString())
        .contains("{\"key\":\"training_seed\",\"value\":\"42\"}");
    JsonNode version = server.versions().getFirst();
    assertThat(version.path("name").asText()).isEqualTo("twin-made");
    assertThat(version.path("run_id")).isEqualTo(run.at("/info/run_id"));
    registry.point(FIRST, Pointer.CHAMPION);
    registry.point(FIRST, Pointer.LATEST);
    assertThat(server.alias("twin-made", "champion")).isEqualTo(version.path("version").asText());
    assertThat(server.alias("twin-made", "twin-latest")).isNotEmpty();
  }

  @Test
  void whoMayNotIsToldSo() {
    try (BundleRegistry other = open(settings("user = nobody, password = none"))) {
      refused(Reason.FORBIDDEN, "credentials", other::list);
    }
  }
}
