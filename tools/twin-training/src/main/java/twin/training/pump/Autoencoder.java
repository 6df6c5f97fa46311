package twin.training.pump;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
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
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import twin.training.onnx.Graph;

/**
 * A network that learns to give back rows that it has squeezed through few numbers, trained with
 * DJL on PyTorch and written as ONNX. What it gives back badly is unlike what it was trained on.
 */
final class Autoencoder {
  static final String ENGINE = "PyTorch";

  private static final int BATCH = 256;
  private static final int SAMPLE = 1000;
  private static final int EPOCHS = 100;
  private static final float LEARNING_RATE = 0.002f;
  private static final int KERNEL = 5;

  /** One layer after another, with what PyTorch has learned. */
  @SuppressWarnings("ArrayRecordComponent") // Copied once and never compared.
  private record Layer(String kind, float[] weights, long[] shape, float[] bias, long stride) {}

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
                  .optStride(new Shape(2))
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
    Engine engine = Engine.getEngine(ENGINE);
    engine.setRandomSeed((int) seed);
    Random random = new Random(seed);
    int[] order = IntStream.range(0, rows.length).toArray();
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.l2Loss())
            .optOptimizer(
                Optimizer.adam().optLearningRateTracker(Tracker.fixed(LEARNING_RATE)).build())
            .optDevices(new Device[] {Device.cpu()});
    try (Model model = Model.newInstance("autoencoder", Device.cpu(), ENGINE)) {
      model.setBlock(block);
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(BATCH, width));
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
          shuffle(order, random);
          for (int from = 0; from + BATCH <= rows.length; from += BATCH) {
            step(trainer, rows, order, from);
          }
        }
        float[][] given =
            IntStream.range(0, Math.min(rows.length, SAMPLE))
                .mapToObj(i -> rows[order[i]])
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

  private static void step(Trainer trainer, float[][] rows, int[] order, int from) {
    int width = rows[0].length;
    float[] batch = new float[BATCH * width];
    for (int i = 0; i < BATCH; i++) {
      System.arraycopy(rows[order[from + i]], 0, batch, i * width, width);
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

  private static void shuffle(int[] order, Random random) {
    for (int i = order.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int kept = order[i];
      order[i] = order[other];
      order[other] = kept;
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
                        bias.toFloatArray(),
                        child instanceof Linear ? 1 : 2));
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
    int width = groups.length;
    Graph graph = new Graph("autoencoder", width, count);
    String last = Graph.INPUT;
    boolean flat = readings == 0;
    if (!flat) {
      graph.indices("course", -1, readings, channels);
      graph.add(Graph.node("Reshape", "by_reading", last, "course"));
      graph.add(
          Graph.node("Transpose", "by_channel", "by_reading"), Graph.integers("perm", 0, 2, 1));
      last = "by_channel";
    }
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      graph.tensor("weights_" + i, layer.shape(), layer.weights());
      graph.numbers("bias_" + i, layer.bias());
      String out = "layer_" + i;
      if (layer.kind().equals("Conv")) {
        graph.add(
            Graph.node("Conv", out, last, "weights_" + i, "bias_" + i),
            Graph.integers("pads", KERNEL / 2, KERNEL / 2),
            Graph.integers("strides", layer.stride()));
      } else {
        if (!flat) {
          graph.add(Graph.node("Flatten", "flat", last), Graph.integer("axis", 1));
          last = "flat";
          flat = true;
        }
        graph.add(
            Graph.node("Gemm", out, last, "weights_" + i, "bias_" + i), Graph.integer("transB", 1));
      }
      last = out;
      if (i < layers.size() - 1) {
        graph.add(Graph.node("Relu", "active_" + i, out));
        last = "active_" + i;
      }
    }
    graph.add(Graph.node("Sub", "error", last, Graph.INPUT));
    graph.add(Graph.node("Mul", "square", "error", "error"));
    graph.tensor("groups", new long[] {width, count}, averaging(groups, count));
    graph.add(Graph.node("MatMul", "mean", "square", "groups"));
    graph.add(Graph.node("Sqrt", Graph.OUTPUT, "mean"));
    byte[] file = graph.bytes();
    requireServedAsTrained(file, groups, count);
    return file;
  }

  /** What is served must be what PyTorch trained. */
  private void requireServedAsTrained(byte[] file, int[] groups, int count) {
    float[] shares = averaging(groups, count);
    try (ServedGate served = new ServedGate(file, List.of())) {
      for (int row = 0; row < given.length; row++) {
        double[] means = new double[count];
        for (int column = 0; column < groups.length; column++) {
          double error = givenBack[row * groups.length + column] - given[row][column];
          means[groups[column]] += error * error * shares[column * count + groups[column]];
        }
        float[] scores = served.scores(given[row]);
        for (int group = 0; group < count; group++) {
          double trained = Math.sqrt(means[group]);
          if (!(Math.abs(scores[group] - trained) <= PumpBundle.TOLERANCE * Math.max(1, trained))) {
            throw new IllegalStateException(
                "an autoencoder is served as %s where %s was trained"
                    .formatted(scores[group], trained));
          }
        }
      }
    }
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
