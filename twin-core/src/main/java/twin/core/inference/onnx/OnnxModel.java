package twin.core.inference.onnx;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import twin.core.inference.onnx.OnnxException.Reason;

/**
 * One ONNX file, loaded and ready to run: float32 rows of a fixed number of columns go in, float32
 * rows of a fixed number of outputs come out.
 *
 * <p>Life cycle: {@link #load}, any number of {@link #run}, {@link #close}. Closing refuses new
 * runs and waits for those under way, so that no native memory is freed under a run; closing twice
 * does nothing.
 *
 * <p>Thread-safety: any thread may run the model; at most {@link OnnxSettings#concurrentRunsMax} do
 * at the same time and the others wait. A run uses the calling thread only, adds in the same order
 * whatever the batch, and gives the same bits for a row alone and for the row in a batch.
 */
public final class OnnxModel implements AutoCloseable {
  private final Model model;
  private final OrtSession.SessionOptions options;
  private final Block block;
  private final NDManager arrays;
  private final ParameterStore noParameters;
  private final OnnxOutline outline;
  private final OnnxSettings settings;
  private final Semaphore turns;
  private final AtomicBoolean closed = new AtomicBoolean();

  private OnnxModel(
      Model model, OrtSession.SessionOptions options, OnnxOutline outline, OnnxSettings settings) {
    this.model = model;
    this.options = options;
    this.block = model.getBlock();
    this.arrays = model.getNDManager();
    this.noParameters = new ParameterStore(arrays, false);
    this.outline = outline;
    this.settings = settings;
    this.turns = new Semaphore(settings.concurrentRunsMax(), true);
  }

  /** Reads a file, unless it is larger than the settings allow, and loads it. */
  public static OnnxModel load(Path file, OnnxSettings settings) throws OnnxException {
    try (InputStream in = Files.newInputStream(file)) {
      // One byte more than permitted is asked for, so that a file that grows is noticed too.
      byte[] bytes = in.readNBytes(Math.toIntExact(settings.fileBytesMax() + 1));
      return load(file.getFileName().toString(), bytes, settings);
    } catch (IOException e) {
      throw new OnnxException(Reason.MALFORMED, "The file " + file + " cannot be read: " + e, e);
    }
  }

  /**
   * Loads a model from the very bytes whose checksum the caller has compared, so that nothing can
   * change between the check and the use.
   *
   * @param name what the model is called in messages
   */
  public static OnnxModel load(String name, byte[] bytes, OnnxSettings settings)
      throws OnnxException {
    if (bytes.length > settings.fileBytesMax()) {
      throw new OnnxException(
          Reason.TOO_LARGE,
          name + " has more than the permitted " + settings.fileBytesMax() + " bytes.");
    }
    OnnxOutline outline = OnnxOutline.read(bytes);
    OnnxRuntime.prepare();
    Model model = Model.newInstance(name, Device.cpu(), OnnxRuntime.ENGINE);
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    try {
      configure(options);
      model.load(new ByteArrayInputStream(bytes), Map.of("sessionOptions", options));
      // DJL makes a directory for every stream that it loads from and puts nothing into it.
      Files.deleteIfExists(model.getModelPath());
      OnnxModel loaded = new OnnxModel(model, options, outline, settings);
      // The first run shows whether the outputs are as declared, and pays for what is lazy.
      loaded.run(new float[outline.columns()], 1);
      return loaded;
    } catch (MalformedModelException | OrtException | IOException | EngineException e) {
      release(model, options);
      throw refusal(name, e);
    } catch (OnnxException e) {
      release(model, options);
      throw e;
    }
  }

  private static void configure(OrtSession.SessionOptions options) throws OrtException {
    // The twins' dispatcher has a thread a core already: the runtime must not add its own.
    options.setInterOpNumThreads(1);
    options.setIntraOpNumThreads(1);
    options.addConfigEntry("session.intra_op.allow_spinning", "0");
    options.addConfigEntry("session.inter_op.allow_spinning", "0");
    options.setDeterministicCompute(true);
  }

  private static OnnxException refusal(String name, Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String says = String.valueOf(cause.getMessage());
    boolean missing =
        says.contains("is not a registered function/op")
            || says.contains("No Op registered")
            || says.contains("Could not find an implementation");
    return new OnnxException(
        missing ? Reason.UNSUPPORTED : Reason.MALFORMED,
        name + " cannot be loaded: " + says.strip(),
        e);
  }

  /** Numbers in a row that goes in. */
  public int columns() {
    return outline.columns();
  }

  /** Numbers in a row that comes out. */
  public int outputs() {
    return outline.outputs();
  }

  /**
   * Runs the model once over a batch.
   *
   * @param rows row after row, {@link #columns} numbers each; NaN is a missing value
   * @param rowCount how many rows there are
   * @return row after row, {@link #outputs} numbers each
   */
  public float[] run(float[] rows, int rowCount) throws OnnxException {
    if (rowCount < 1 || (long) rowCount * columns() != rows.length) {
      throw new OnnxException(
          Reason.WRONG_SHAPE,
          rowCount + " rows of " + columns() + " columns are not " + rows.length + " numbers.");
    }
    if (rowCount > settings.rowsMax()) {
      throw new OnnxException(
          Reason.TOO_LARGE,
          rowCount + " rows are more than the permitted " + settings.rowsMax() + ".");
    }
    takeTurn();
    try {
      return forward(rows, rowCount);
    } catch (EngineException e) {
      throw new OnnxException(Reason.FAILED, "The model failed: " + e.getMessage(), e);
    } finally {
      turns.release();
    }
  }

  private float[] forward(float[] rows, int rowCount) throws OnnxException {
    // Everything native that a run makes belongs to this scope and goes with it.
    try (NDManager scope = arrays.newSubManager()) {
      NDList inputs = new NDList(scope.create(rows, new Shape(rowCount, columns())));
      NDList results = block.forward(noParameters, inputs, false);
      Shape expected = new Shape(rowCount, outputs());
      if (results.size() != 1
          || results.head().getDataType() != DataType.FLOAT32
          || !results.head().getShape().equals(expected)) {
        throw new OnnxException(
            Reason.WRONG_SHAPE, "The model gave " + results + " and not float32 " + expected);
      }
      return results.head().toFloatArray();
    }
  }

  private void takeTurn() throws OnnxException {
    try {
      if (!turns.tryAcquire(settings.waitMax().toNanos(), TimeUnit.NANOSECONDS)) {
        throw closed.get()
            ? closedModel()
            : new OnnxException(
                Reason.BUSY, "Nothing was free to run the model within " + settings.waitMax());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OnnxException(Reason.BUSY, "Interrupted while waiting to run the model.", e);
    }
    if (closed.get()) {
      turns.release();
      throw closedModel();
    }
  }

  private static OnnxException closedModel() {
    return new OnnxException(Reason.CLOSED, "The model has been closed.");
  }

  /** How many native arrays are alive; none between runs. */
  int openArrays() {
    return arrays.getManagedArrays().size();
  }

  /**
   * Waits for the runs under way and frees the native memory. A run that does not end in time keeps
   * it: a leak is better than memory freed under native code.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    try {
      if (turns.tryAcquire(
          settings.concurrentRunsMax(), settings.waitMax().toNanos(), TimeUnit.NANOSECONDS)) {
        // The turns come back at once: who waits for one then learns that the model is closed.
        turns.release(settings.concurrentRunsMax());
        release(model, options);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void release(Model model, OrtSession.SessionOptions options) {
    model.close();
    options.close();
  }
}
