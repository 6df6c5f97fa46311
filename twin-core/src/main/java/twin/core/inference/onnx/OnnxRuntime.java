package twin.core.inference.onnx;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one ONNX Runtime of this process, which DJL starts when the first model is loaded. */
final class OnnxRuntime {
  private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);
  static final String ENGINE = "OnnxRuntime";

  private OnnxRuntime() {}

  /**
   * Starts the runtime unless it runs already. DJL would otherwise look for models and engines on
   * the network, report its use, and ask other engines for what ONNX Runtime cannot do.
   */
  static void prepare() {
    Started.ensure();
  }

  /** The version that the native library itself reports. */
  static String version() {
    prepare();
    return OrtEnvironment.getEnvironment().getVersion();
  }

  private static final class Started {
    static {
      setUnlessSet("ai.djl.offline", "true");
      setUnlessSet("OPT_OUT_TRACKING", "true");
      setUnlessSet("ai.djl.onnx.disable_alternative", "true");
      setUnlessSet("ai.djl.default_engine", ENGINE);
      unpackNativeLibraries();
      Engine.getEngine(ENGINE);
    }

    static void ensure() {}

    private static void unpackNativeLibraries() {
      String system = System.getProperty("os.name", "");
      Optional<Path> cache =
          NativeLibraries.cache(System.getenv(), System.getProperty("user.home", ""), system);
      if (cache.isEmpty()) {
        return;
      }
      try {
        NativeLibraries.unpack(cache.get(), system, System.getProperty("os.arch", ""))
            .ifPresent(folder -> setUnlessSet("onnxruntime.native.path", folder.toString()));
      } catch (IOException e) {
        LOG.info(
            "{} cannot be used ({}): ONNX Runtime unpacks its libraries into a temporary folder",
            cache.get(),
            e.toString());
      }
    }

    private static void setUnlessSet(String property, String value) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, value);
      }
    }
  }
}
