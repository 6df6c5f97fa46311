package twin.training.pump;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import twin.training.onnx.Matrix;
import twin.training.onnx.OnnxGraph;
import twin.training.onnx.Served;
import twin.training.sequence.PyTorch;

/**
 * A network that learns to give back rows that it has squeezed through few numbers, trained with
 * DJL on PyTorch and written as ONNX. What it gives back badly is unlike what it was trained on.
 */
final class Autoencoder {
  private static final int BATCH = 256;
  private static final int SAMPLE = 1000;
  private static final int EPOCHS = 100;
  private static final float LEARNING_RATE = 0.002f;
  private static final int KERNEL = 5;
  private static final long STRIDE = 2;

  /** One layer after another, with what PyTorch has learned. */
  @SuppressWarnings("ArrayRecordComponent") // Copied once and never compared.
  private record Layer(String kind, float[] weights, long[] shape, float[] bias) {

    String addTo(OnnxGraph graph, String from) {
      List<String> inputs =
          List.of(from, graph.constant(weights, shape), graph.constant(bias, bias.length));
      return kind.equals("Conv")
          ? graph.node(
              "Conv",
              inputs,
              OnnxGraph.integers("pads", List.of(KERNEL / 2L, KERNEL / 2L)),
              OnnxGraph.integers("strides", List.of(STRIDE)))
          : graph.node("Gemm", inputs, OnnxGraph.integer("transB", 1));
    }
  }

  /**
   * A step without parameters. DJL's own works out its shape by running on the default engine,
   * which need not be the one that trains.
   */
  private static final class Step extends AbstractBlock {
    private final UnaryOperator<NDArray> does;
    private final UnaryOperator<Shape> shape;

    Step(UnaryOperator<NDArray> does, UnaryOperator<Shape> shape) {
      this.does = does;
      this.shape = shape;
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore parameters,
        NDList inputs,
        boolean training,
        @Nullable PairList<String, Object> options) {
      return new NDList(does.apply(inputs.singletonOrThrow()));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
      return new Shape[] {shape.apply(inputs[0])};
    }
  }

  private final List<Layer> layers;
  private final int readings;
  private final int channels;

  private final float[][] given;
  private final float[] givenBack;

  private Autoencoder(
      List<Layer> layers, int readings, int channels, float[][] given, float[] givenBack) {
    this.given = given;
    this.givenBack = givenBack;
    this.layers = layers;
    this.readings = readings;
    this.channels = channels;
  }

  private static Step relu() {
    return new Step(Activation::relu, shape -> shape);
  }

  /** One that looks at the numbers of a row without regard to their order. */
  static Autoencoder dense(float[][] rows, int[] widths, long seed) {
    SequentialBlock block = new SequentialBlock();
    for (int width : widths) {
      block.add(Linear.builder().setUnits(width).build()).add(relu());
    }
    block.add(Linear.builder().setUnits(rows[0].length).build());
    return train(block, rows, 0, rows[0].length, seed);
  }

  /** One that looks at the course of some channels over the last readings. */
  static Autoencoder convolutional(float[][] examples, int readings, int[] filters, long seed) {
    int channels = examples[0].length / readings;
    SequentialBlock block =
        new SequentialBlock()
            .add(
                new Step(
                    rows -> rows.reshape(-1, readings, channels).transpose(0, 2, 1),
                    shape -> new Shape(shape.get(0), channels, readings)));
    for (int width : filters) {
      block
          .add(
              Conv1d.builder()
                  .setKernelShape(new Shape(KERNEL))
                  .setFilters(width)
                  .optPadding(new Shape(KERNEL / 2))
                  .optStride(new Shape(STRIDE))
                  .build())
          .add(relu());
    }
    block.add(
        new Step(
            maps -> maps.reshape(maps.getShape().get(0), -1),
            shape -> new Shape(shape.get(0), shape.size() / shape.get(0))));
    block.add(Linear.builder().setUnits(examples[0].length).build());
    return train(block, examples, readings, channels, seed);
  }

  private static Autoencoder train(
      SequentialBlock block, float[][] rows, int readings, int channels, long seed) {
    int width = rows[0].length;
    PyTorch.seed(seed);
    Random random = new Random(seed);
    List<Integer> order = new ArrayList<>(IntStream.range(0, rows.length).boxed().toList());
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.l2Loss())
            .optOptimizer(
                Optimizer.adam().optLearningRateTracker(Tracker.fixed(LEARNING_RATE)).build())
            .optDevices(new Device[] {Device.cpu()});
    try (Model model = Model.newInstance("autoencoder", Device.cpu(), PyTorch.ENGINE)) {
      model.setBlock(block);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(BATCH, width));
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
          Collections.shuffle(order, random);
          for (int from = 0; from + BATCH <= rows.length; from += BATCH) {
            step(trainer, rows, order.subList(from, from + BATCH));
          }
        }
        float[][] given =
            IntStream.range(0, Math.min(rows.length, SAMPLE))
                .mapToObj(i -> rows[order.get(i)])
                .toArray(float[][]::new);
        return new Autoencoder(layers(block), readings, channels, given, givenBack(trainer, given));
      }
    }
  }

  private static float[] givenBack(Trainer trainer, float[][] rows) {
    try (NDManager manager = trainer.getManager().newSubManager()) {
      NDArray given = manager.create(rows);
      return trainer.evaluate(new NDList(given)).singletonOrThrow().toFloatArray();
    }
  }

  private static void step(Trainer trainer, float[][] rows, List<Integer> chosen) {
    int width = rows[0].length;
    float[] batch = new float[BATCH * width];
    for (int i = 0; i < BATCH; i++) {
      System.arraycopy(rows[chosen.get(i)], 0, batch, i * width, width);
    }
    try (NDManager manager = trainer.getManager().newSubManager()) {
      NDArray given = manager.create(batch, new Shape(BATCH, width));
      try (GradientCollector gradients = trainer.newGradientCollector()) {
        NDArray back = trainer.forward(new NDList(given)).singletonOrThrow();
        gradients.backward(back.sub(given).square().mean());
      }
      trainer.step();
    }
  }

  /** Of the mean square of what it was trained on, the share that it does not give back. */
  double shareLost() {
    double lost = 0;
    double all = 0;
    int width = given[0].length;
    for (int row = 0; row < given.length; row++) {
      for (int column = 0; column < width; column++) {
        double error = givenBack[row * width + column] - given[row][column];
        lost += error * error;
        all += (double) given[row][column] * given[row][column];
      }
    }
    return lost / all;
  }

  private static List<Layer> layers(SequentialBlock block) {
    List<Layer> layers = new ArrayList<>();
    block
        .getChildren()
        .values()
        .forEach(
            child -> {
              if (child instanceof Linear || child instanceof Conv1d) {
                NDArray weights = child.getParameters().get("weight").getArray();
                NDArray bias = child.getParameters().get("bias").getArray();
                layers.add(
                    new Layer(
                        child instanceof Linear ? "Gemm" : "Conv",
                        weights.toFloatArray(),
                        weights.getShape().getShape(),
                        bias.toFloatArray()));
              }
            });
    return layers;
  }

  /**
   * The network as an ONNX file whose outputs are the root mean square errors of groups of columns.
   *
   * @param groups for each column its group
   */
  byte[] file(int[] groups, int count) {
    OnnxGraph graph = new OnnxGraph(groups.length);
    String current = graph.input();
    boolean flat = readings == 0;
    if (!flat) {
      String byReading =
          graph.node("Reshape", List.of(current, graph.integers(-1, readings, channels)));
      current =
          graph.node(
              "Transpose", List.of(byReading), OnnxGraph.integers("perm", List.of(0L, 2L, 1L)));
    }
    for (Layer layer : layers) {
      if (layer.kind().equals("Gemm") && !flat) {
        current = graph.node("Flatten", List.of(current), OnnxGraph.integer("axis", 1));
        flat = true;
      }
      current = layer.addTo(graph, current);
      if (!layer.equals(layers.getLast())) {
        current = graph.notNegative(current);
      }
    }
    String error = graph.difference(current, graph.input());
    String shares = graph.constant(averaging(groups, count), groups.length, count);
    String means = graph.node("MatMul", List.of(graph.product(error, error), shares));
    byte[] file = graph.write(graph.node("Sqrt", List.of(means)), count);
    requireServedAsTrained(file, groups, count);
    return file;
  }

  /** What is served must be what PyTorch trained. */
  private void requireServedAsTrained(byte[] file, int[] groups, int count) {
    int width = groups.length;
    float[] shares = averaging(groups, count);
    float[] rows = new float[given.length * width];
    float[] trained = new float[given.length * count];
    for (int row = 0; row < given.length; row++) {
      System.arraycopy(given[row], 0, rows, row * width, width);
      double[] means = new double[count];
      for (int column = 0; column < width; column++) {
        double error = givenBack[row * width + column] - given[row][column];
        means[groups[column]] += error * error * shares[column * count + groups[column]];
      }
      for (int group = 0; group < count; group++) {
        trained[row * count + group] = (float) Math.sqrt(means[group]);
      }
    }
    float[] served = Served.run(file, new Matrix(rows, given.length, width));
    Served.requireEqual("an autoencoder", served, trained, PumpBundle.TOLERANCE);
  }

  private static float[] averaging(int[] groups, int count) {
    int[] sizes = new int[count];
    for (int group : groups) {
      sizes[group]++;
    }
    float[] shares = new float[groups.length * count];
    for (int column = 0; column < groups.length; column++) {
      shares[column * count + groups[column]] = 1f / sizes[groups[column]];
    }
    return shares;
  }
}
