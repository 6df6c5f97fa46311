package twin.training.bundle;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import twin.core.inference.BundleManifest.BundleFile;
import twin.core.inference.BundleManifest.Input;
import twin.core.type.Channel;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;

/** What a manifest says of inputs, figures and files, whatever the machine type. */
public final class ManifestEntries {

  private ManifestEntries() {}

  /**
   * A feature that the models read.
   *
   * @param usual its values where all was well; NaN where it was absent
   */
  public static Input input(MachineType type, String name, double[] usual) {
    FeatureSpec spec =
        type.features().stream()
            .filter(feature -> feature.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(type.name() + " has no feature " + name));
    return Input.of(name, unit(type, spec), spec.windowReadings(), usual);
  }

  /** The unit of a channel's own values; of what is computed from several the name tells it. */
  private static String unit(MachineType type, FeatureSpec spec) {
    return switch (spec.kind()) {
      case VALUE, MEAN, STANDARD_DEVIATION, MINIMUM, MAXIMUM, DIFFERENCE ->
          type.channels().stream()
              .filter(channel -> channel.name().equals(spec.inputs().getFirst()))
              .map(Channel::unit)
              .findFirst()
              .orElse("");
      case COUNT -> type.rulUnit();
      case PRODUCT -> spec.name().endsWith("_w") ? "W" : "min Nm";
      case SLOPE, ATTRIBUTE, DEVIATION, CHANGE, STANDARDISED, SPREAD_RATIO -> "";
    };
  }

  /** Figures in groups, as JSON. */
  public static ObjectNode figures(Map<String, Map<String, Double>> groups) {
    ObjectNode figures = JsonNodeFactory.instance.objectNode();
    groups.forEach(
        (name, values) -> {
          ObjectNode group = figures.putObject(name);
          values.forEach(group::put);
        });
    return figures;
  }

  /** The files, by name. */
  public static List<BundleFile> files(Map<String, byte[]> files) {
    return files.entrySet().stream()
        .map(
            file ->
                new BundleFile(
                    file.getKey(), file.getValue().length, BundleFolder.sha256(file.getValue())))
        .sorted(Comparator.comparing(BundleFile::name))
        .toList();
  }
}
