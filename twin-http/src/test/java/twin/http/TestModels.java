package twin.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import twin.core.feature.FeatureVector;
import twin.core.inference.BundleManifest;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.inference.StoredBundle;

/** A model whose opinion of a milling machine follows from two numbers, for all to see. */
final class TestModels implements Models {

  private static final double STRAIN_LIMIT = 11_000;
  private static final double TOOL_LIFE_MIN = 220;

  private volatile Session session = new Session("1.0.0");

  /** What judges pumps; at first nothing but the built-in gate. */
  volatile Optional<ModelSession> ofPumps = Optional.empty();

  /** From here on another version decides. */
  void load(String version) {
    session = new Session(version);
  }

  @Override
  public Optional<ModelSession> champion(String type, String machineId) {
    return type.equals("milling")
        ? Optional.of(session)
        : type.equals("pump") ? ofPumps : Optional.empty();
  }

  @Override
  public List<StoredBundle> stored() {
    return List.of(
        stored("1.0.0", true),
        stored("0.9.0", false),
        new StoredBundle("pump", "3.0.0", "", false, false, false, null, "it is cut"));
  }

  private static StoredBundle stored(String version, boolean champion) {
    BundleManifest manifest =
        new BundleManifest(
            "milling",
            version,
            1,
            List.of(new BundleManifest.Input("tool_wear_min", "min", 1, 0, 1, 2)),
            List.of(),
            List.of(
                new BundleManifest.Part(
                    BundleManifest.Role.RUL,
                    "rul.onnx",
                    List.of("tool_wear_min"),
                    BundleManifest.Sequence.NONE,
                    List.of("p50"))),
            Map.of(),
            0,
            new BundleManifest.Training("made up", "ab".repeat(32), 7000, 1),
            Json.object().set("failure_blocked", Json.object().put("f1", 0.9)),
            List.of(new BundleManifest.BundleFile("rul.onnx", 1, "ab".repeat(32))));
    return new StoredBundle(
        "milling", version, "ab".repeat(32), champion, champion, false, manifest, "");
  }

  private static final class Session implements ModelSession {

    private final ModelProfile profile;

    Session(String version) {
      profile =
          new ModelProfile(
              new ModelRef("milling", version, "ab".repeat(32)),
              List.of("process"),
              List.of(0.6),
              List.of("heat_dissipation", "overstrain", "power", "tool_wear"),
              List.of(0.1, 0.5, 0.9),
              1,
              "test");
    }

    @Override
    public ModelProfile profile() {
      return profile;
    }

    /** Always the same features, so that a test sees their values. */
    @Override
    public List<Contribution> explain(FeatureVector reading, Conclusion conclusion) {
      return List.of(
          new Contribution("strain_min_nm", reading.get("strain_min_nm"), 500.0, 9000.0, 0.6),
          new Contribution("torque_nm.mean_60", reading.get("torque_nm.mean_60"), 30.0, 50.0, 0.2),
          new Contribution("temp_diff_k", (double) 13.3f, null, null, null),
          new Contribution("air_temp_k", reading.get("air_temp_k"), 296.0, 303.0, 0.0));
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      return readings.stream().map(Session::judged).toList();
    }

    private static ModelOutput judged(FeatureVector features) {
      double strain = features.get("strain_min_nm");
      double failure = 1 / (1 + Math.exp((STRAIN_LIMIT - strain) / 900));
      double life = Math.max(0, TOOL_LIFE_MIN - features.get("tool_wear_min"));
      return new ModelOutput(
          new float[] {(float) Math.min(1, 0.05 + strain / STRAIN_LIMIT / 2.2)},
          (float) failure,
          new float[] {(float) (failure * 0.02), (float) failure, 0.001f, 0.003f},
          new float[] {(float) (life * 0.8), (float) life, (float) (life * 1.15)});
    }
  }
}
