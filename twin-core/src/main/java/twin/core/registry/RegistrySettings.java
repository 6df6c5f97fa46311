package twin.core.registry;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;

/**
 * Which registry there is, and the bounds within which bundles come from it.
 *
 * @param config the settings under {@code twin.models.registry}
 * @param limits how much it may hold
 * @param folderBytesMax how many bytes the folder of a node may have; nothing is fetched that would
 *     make them more
 * @param againAfter how long after a failure a bundle that was chosen is fetched again
 * @param waitAtStart how long a node that starts waits for chosen bundles
 * @param listEvery how long a list is taken for true
 */
public record RegistrySettings(
    Config config,
    RegistryLimits limits,
    long folderBytesMax,
    Duration againAfter,
    Duration waitAtStart,
    Duration listEvery) {

  public RegistrySettings {
    if (folderBytesMax < 1
        || againAfter.isNegative()
        || waitAtStart.isNegative()
        || listEvery.isNegative()) {
      throw new IllegalArgumentException(
          "twin.models.registry: folder-bytes-max must be 1 or more, and no time negative");
    }
  }

  /** The settings under {@code twin.models.registry}. */
  public static RegistrySettings of(Config config) {
    return new RegistrySettings(
        config,
        RegistryLimits.of(config),
        config.getBytes("folder-bytes-max"),
        config.getDuration("again-after"),
        config.getDuration("wait-at-start"),
        config.getDuration("list-every"));
  }

  /**
   * The registry; none where its folder, bucket or server is not named.
   *
   * @param home what paths are relative to
   * @throws IllegalArgumentException when something is not set as it must be
   */
  public Optional<BundleRegistry> open(Path home, InstantSource clock) {
    Exchange.HttpSettings http =
        new Exchange.HttpSettings(
            config.getDuration("timeout"),
            config.getInt("attempts"),
            config.getDuration("retry-wait"));
    boolean plainHttp = config.getBoolean("plain-http");
    String kind = config.getString("kind").toLowerCase(Locale.ROOT);
    return switch (kind) {
      case "folder" ->
          named("folder").map(path -> new FolderRegistry(home.resolve(path), limits.bundlesMax()));
      case "s3" ->
          named("s3.bucket")
              .map(bucket -> S3Registry.of(config.getConfig("s3"), plainHttp, limits, http, home));
      case "mlflow" ->
          named("mlflow.url")
              .map(
                  url ->
                      MlflowRegistry.of(
                          config.getConfig("mlflow"), plainHttp, limits, http, clock));
      default ->
          throw new IllegalArgumentException(
              "twin.models.registry.kind must be folder, s3 or mlflow, not " + kind);
    };
  }

  /** Without what the configuration holds, which is secret. */
  @Override
  public String toString() {
    return "RegistrySettings[%s]".formatted(limits);
  }

  private Optional<String> named(String setting) {
    return Optional.of(config.getString(setting)).filter(value -> !value.isBlank());
  }
}
