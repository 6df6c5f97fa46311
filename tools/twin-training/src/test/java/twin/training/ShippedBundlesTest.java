package twin.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import twin.core.inference.ModelProfile;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;

final class ShippedBundlesTest {

  /** Opening one compares its files with the manifest and its answers with the golden ones. */
  @ParameterizedTest
  @EnumSource
  void opensAndSaysWhatItGives(MachineKind kind) throws OnnxException {
    try (OnnxBundle opened = OnnxBundle.open(shipped(kind), OnnxSettings.defaults())) {
      ModelProfile profile = opened.profile();
      assertThat(profile.ref().label()).isEqualTo(kind + ":1.0.0");
      switch (kind) {
        case milling -> {
          assertThat(profile.modalities()).containsExactly("process");
          assertThat(profile.failureModes())
              .containsExactly("heat_dissipation", "power", "overstrain", "tool_wear");
          assertThat(profile.rulQuantiles()).containsExactly(0.1, 0.5, 0.9);
        }
        case pump -> {
          assertThat(profile.modalities())
              .containsExactly("vibration", "electrical", "hydraulic", "thermal");
          assertThat(profile.rulQuantiles()).isEmpty();
        }
        case turbofan -> {
          assertThat(profile.modalities()).isEmpty();
          assertThat(profile.rulQuantiles()).containsExactly(0.1, 0.5, 0.9);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void hasACardWithItsDataItsFiguresItsKindsAndItsLimits(MachineKind kind) throws IOException {
    String card = Files.readString(shipped(kind).resolve("CARD.md"), StandardCharsets.UTF_8);
    for (String said :
        List.of("# " + kind + ":1.0.0", "## Figures", "## Kinds of", "./twin compare " + kind)) {
      assertThat(card).contains(said);
    }
  }

  private static Path shipped(MachineKind kind) {
    return Path.of("..", "..", "model-artifacts", "models", kind.name(), "1.0.0");
  }
}
