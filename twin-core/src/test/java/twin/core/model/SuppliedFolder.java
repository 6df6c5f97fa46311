package twin.core.model;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.registry.BundleRegistry;
import twin.core.registry.BundleSupply;
import twin.core.registry.FolderRegistry;
import twin.core.registry.RegistryLimits;
import twin.core.registry.RegistrySettings;

/** A folder of a node, and what brings bundles into it. */
final class SuppliedFolder {

  private static final int BUNDLES_MAX = 10;

  private SuppliedFolder() {}

  /** One into which nothing comes. */
  static BundleSupply without() {
    return of(Optional.empty(), Path.of("nowhere"), 1 << 20, InstantSource.system(), Runnable::run);
  }

  static FolderRegistry folder(Path path) {
    return new FolderRegistry(path, BUNDLES_MAX);
  }

  static BundleSupply of(
      Optional<BundleRegistry> registry,
      Path folder,
      long folderBytesMax,
      InstantSource clock,
      Executor blocking) {
    return new BundleSupply(
        registry,
        folder(folder),
        new RegistrySettings(
            ConfigFactory.empty(),
            new RegistryLimits(BUNDLES_MAX, 1 << 20, 2 << 20),
            folderBytesMax,
            Duration.ofMinutes(1),
            Duration.ofSeconds(20),
            Duration.ZERO),
        OnnxSettings.defaults(),
        clock,
        blocking,
        new SimpleMeterRegistry());
  }
}
