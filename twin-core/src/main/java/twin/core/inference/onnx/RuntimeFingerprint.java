package twin.core.inference.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the last bits of an inference depend on besides the model and its inputs. Two machines with
 * the same fingerprint give the same bits; with another one the bundle's tolerance applies.
 *
 * @param onnxRuntime the version of ONNX Runtime's native library
 * @param cpuLevel {@code x86-64-v1} to {@code -v4} as the x86-64 psABI defines them, or {@code
 *     arm64}; where the features of the processor cannot be read, the architecture alone
 */
public record RuntimeFingerprint(String onnxRuntime, String cpuLevel) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  // The names are those of the Linux kernel, which calls LZCNT "abm" and SSE3 "pni".
  private static final List<Set<String>> LEVELS =
      List.of(
          Set.of("cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"),
          Set.of("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"),
          Set.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));

  /** The fingerprint of this process. */
  public static RuntimeFingerprint current() {
    return new RuntimeFingerprint(OnnxRuntime.version(), currentCpuLevel());
  }

  /** One short string that holds both, for events and logs. */
  public String text() {
    return "onnxruntime-" + onnxRuntime + "/" + cpuLevel;
  }

  private static String currentCpuLevel() {
    String architecture = System.getProperty("os.arch", "unknown");
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return cpuLevel(architecture, lines);
    } catch (IOException | java.io.UncheckedIOException e) {
      // There is no such file outside Linux.
      return cpuLevel(architecture, Stream.empty());
    }
  }

  static String cpuLevel(String architecture, Stream<String> cpuInfo) {
    return switch (architecture.toLowerCase(Locale.ROOT)) {
      case "aarch64", "arm64" -> "arm64";
      case "amd64", "x86_64" -> x86Level(cpuInfo);
      default -> architecture;
    };
  }

  private static String x86Level(Stream<String> cpuInfo) {
    return cpuInfo
        .filter(line -> line.startsWith("flags"))
        .findFirst()
        .map(line -> new HashSet<>(Arrays.asList(line.split("\\s+"))))
        .map(flags -> "x86-64-v" + (1 + LEVELS.stream().takeWhile(flags::containsAll).count()))
        .orElse("x86-64");
  }
}
