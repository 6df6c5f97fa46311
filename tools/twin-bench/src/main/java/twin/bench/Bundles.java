package twin.bench;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import twin.core.inference.BundleManifest;
import twin.core.inference.ModelSession;
import twin.core.inference.onnx.ModelFolder;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/** The machine types and their bundles, as a node would load them. Thread-safe. */
final class Bundles implements AutoCloseable {

  private final Path folder;
  private final MachineTypes types;
  private final ModelFolder models;

  private Bundles(Path folder, MachineTypes types, ModelFolder models) {
    this.folder = folder;
    this.types = types;
    this.models = models;
  }

  static Bundles open(Path folder) {
    return new Bundles(
        folder,
        MachineTypeReader.readAll(
            ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types")),
        ModelFolder.open(folder, OnnxSettings.defaults()));
  }

  /** Where the bundles of this program's own home are. */
  static Path home() {
    return Path.of(System.getProperty("twin.home", ".")).resolve("model-artifacts/models");
  }

  /** The types that have a bundle, by name. */
  List<String> judgedTypes() {
    return types.all().stream().map(MachineType::name).filter(models::judges).toList();
  }

  /** The bundle that decides for a type. */
  ModelSession sessionOf(String type) {
    return models
        .champion(type, "machine-001")
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "type %s has no bundle in %s; these have: %s"
                        .formatted(type, folder, String.join(", ", judgedTypes()))));
  }

  /** A machine of a type, warmed up. */
  BenchedMachine machine(String type) {
    ModelSession session = sessionOf(type);
    MachineType definition =
        types
            .find(type)
            .orElseThrow(() -> new IllegalArgumentException("there is no machine type " + type));
    return new BenchedMachine(
        definition,
        types,
        UsualValues.of(definition, manifest(type, session.profile().ref().version())),
        session);
  }

  private BundleManifest manifest(String type, String version) {
    try {
      return BundleManifest.read(
          Files.readAllBytes(folder.resolve(type).resolve(version).resolve(BundleManifest.FILE)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    models.close();
  }
}
