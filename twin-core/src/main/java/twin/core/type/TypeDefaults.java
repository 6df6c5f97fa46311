package twin.core.type;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a machine type has of which only the channels are known: enough for its machines to
 * commission themselves and for the built-in gate to judge them, until somebody trains a bundle.
 */
final class TypeDefaults {

  static final int COMMISSIONING_READINGS = 120;
  static final double GATE_THRESHOLD = 6;
  static final Duration LATENESS = Duration.ofMinutes(1);
  static final Duration SILENCE = Duration.ofMinutes(5);

  private static final int WINDOW_READINGS = 60;
  private static final int LEVEL_READINGS = 30;

  private TypeDefaults() {}

  /** By the names of the members of the JSON document. */
  static Map<String, Object> of(List<String> channels) {
    Map<String, Object> defaults = new LinkedHashMap<>();
    defaults.put("channels", List.of());
    defaults.put("attributes", List.of());
    defaults.put("operating_modes", List.of());
    defaults.put("features", features(channels));
    defaults.put("lateness_bound", LATENESS);
    defaults.put("future_bound", Duration.ofMinutes(1));
    defaults.put("silence", SILENCE);
    defaults.put("commissioning_readings", COMMISSIONING_READINGS);
    defaults.put("gate_threshold", GATE_THRESHOLD);
    defaults.put("rul_unit", "");
    defaults.put("rul_horizon", 0);
    defaults.put("alert_rules", List.of(anomaly()));
    defaults.put("learns_channels", false);
    defaults.put("baseline_readings", 0);
    return defaults;
  }

  /**
   * Mean and spread of each channel, and how far it has moved from what is normal for its machine,
   * of which the built-in gate needs the baseline.
   */
  static List<FeatureSpec> features(List<String> channels) {
    List<FeatureSpec> features = new ArrayList<>();
    for (String channel : channels) {
      features.add(of(channel, "mean_60", FeatureSpec.Kind.MEAN, WINDOW_READINGS));
      features.add(of(channel, "sd_60", FeatureSpec.Kind.STANDARD_DEVIATION, WINDOW_READINGS));
      features.add(of(channel, "level_30", FeatureSpec.Kind.STANDARDISED, LEVEL_READINGS));
    }
    return features;
  }

  private static FeatureSpec of(String channel, String name, FeatureSpec.Kind kind, int readings) {
    return FeatureSpec.of(channel + "." + name, kind, channel, readings);
  }

  static AlertRule anomaly() {
    return new AlertRule("anomaly", AlertRule.Kind.ANOMALY, "", 1.0, 0.7, 3, 10, Severity.MEDIUM);
  }
}
