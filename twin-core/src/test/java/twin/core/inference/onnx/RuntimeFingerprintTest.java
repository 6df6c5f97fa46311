package twin.core.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RuntimeFingerprintTest {
  private static final String V1 = "flags\t\t: fpu sse sse2";
  private static final String V2 = V1 + " cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3";
  private static final String V3 = V2 + " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";
  private static final String V4 = V3 + " avx512f avx512bw avx512cd avx512dq avx512vl";

  @Test
  void namesTheLevelWhoseFeaturesAreAllThere() {
    assertThat(level(V1)).isEqualTo("x86-64-v1");
    assertThat(level(V2)).isEqualTo("x86-64-v2");
    assertThat(level(V3)).isEqualTo("x86-64-v3");
    assertThat(level(V4)).isEqualTo("x86-64-v4");
    assertThat(level(V4.replace(" avx2", ""))).isEqualTo("x86-64-v2");
  }

  @Test
  void namesTheArchitectureWhereFeaturesAreUnknown() {
    assertThat(RuntimeFingerprint.cpuLevel("amd64", Stream.empty())).isEqualTo("x86-64");
    assertThat(RuntimeFingerprint.cpuLevel("aarch64", Stream.empty())).isEqualTo("arm64");
    assertThat(RuntimeFingerprint.cpuLevel("riscv64", Stream.empty())).isEqualTo("riscv64");
  }

  @Test
  void reportsTheVersionOfTheNativeLibrary() {
    assertThat(RuntimeFingerprint.current().onnxRuntime()).matches("\\d+\\.\\d+\\.\\d+.*");
  }

  private static String level(String flags) {
    return RuntimeFingerprint.cpuLevel("amd64", Stream.of("processor\t: 0", flags));
  }
}
