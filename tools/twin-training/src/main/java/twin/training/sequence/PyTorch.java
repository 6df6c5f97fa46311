package twin.training.sequence;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;

/** The library that trains networks, set up so that the same seed trains the same network. */
public final class PyTorch {

  /** Its name for DJL. */
  public static final String ENGINE = "PyTorch";

  private PyTorch() {}

  /**
   * Sets the seed from which the library draws. There is one for the process, so that only one
   * network can be trained at a time.
   *
   * @throws IllegalArgumentException where the library is not to be had, which long work wants to
   *     know before it begins
   */
  public static void seed(long seed) {
    // DJL reads these when it first loads the library: no downloads; and no threads of its own, so
    // that sums are always added in the same order.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    try {
      Engine.getEngine(ENGINE).setRandomSeed((int) seed);
    } catch (EngineException e) {
      throw new IllegalArgumentException(
          "networks are trained with PyTorch, which this program brings for Linux on x86-64 and"
              + " not for %s on %s"
                  .formatted(System.getProperty("os.name"), System.getProperty("os.arch")),
          e);
    }
  }
}
