package twin.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import twin.app.NodeConfig;
import twin.app.embedded.LocalPostgres;

/** The configuration of a node that is measured: by itself, over HTTP. */
final class BenchedNode {

  private BenchedNode() {}

  /**
   * A node on a database, by itself without brokers and without an archive that works by itself.
   *
   * @param folder where its archive would be
   * @param bundles where the model bundles are
   * @param more what is set otherwise
   */
  static Config config(
      LocalPostgres postgres, Path folder, Path bundles, Map<String, Object> more) {
    Map<String, Object> values = new HashMap<>();
    values.put("twin.database.url", postgres.jdbcUrl());
    values.put("twin.database.user", postgres.user());
    values.put("twin.database.password", postgres.password());
    values.put("twin.models.folder", bundles.toAbsolutePath().toString());
    values.put("twin.archive.enabled", false);
    values.put("twin.archive.folder", folder.resolve("archive").toString());
    values.put("twin.ingest.mqtt.enabled", false);
    values.put("twin.ingest.kafka.enabled", false);
    values.put("twin.http.port", 0);
    values.put("twin.cluster.port", 0);
    values.putAll(more);
    return NodeConfig.with(ConfigFactory.parseMap(values, "bench"));
  }
}
