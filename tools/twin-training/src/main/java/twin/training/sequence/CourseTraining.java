package twin.training.sequence;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Trains a {@link CourseNetwork} with DJL on PyTorch for the mean of its labels.
 *
 * <p>The same rows, settings and seed give the same network. One network is trained at a time.
 */
public final class CourseTraining {
  private static final float LEAST_RATE_SHARE = 0.01f;
  private static final double LEAST_SPREAD = 1e-6;

  private final Layout layout;
  private final Learning learning;
  private final CourseBlock block;

  private CourseTraining(Layout layout, Learning learning) {
    this.layout = layout;
    this.learning = learning;
    this.block = new CourseBlock(layout, learning);
  }

  /**
   * Trains a network.
   *
   * @param seed from which every random choice follows
   */
  public static CourseNetwork train(Layout layout, CourseRows rows, Learning learning, long seed) {
    synchronized (CourseTraining.class) {
      return new CourseTraining(layout, learning).train(rows, seed);
    }
  }

  private CourseNetwork train(CourseRows rows, long seed) {
    Scaling scaling = scaling(rows);
    Random random = new Random(seed);
    List<Integer> order = new ArrayList<>(IntStream.range(0, rows.size()).boxed().toList());
    int batch = Math.min(learning.batchRows(), order.size());
    int stepsAnEpoch = Math.max(1, (int) (order.size() * learning.rowShare()) / batch);
    PyTorch.seed(seed);
    try (NDManager arrays = NDManager.newBaseManager(Device.cpu(), PyTorch.ENGINE);
        Model model = Model.newInstance("course", Device.cpu(), PyTorch.ENGINE)) {
      model.setBlock(block);
      try (Trainer trainer = model.newTrainer(config(learning.epochs() * stepsAnEpoch))) {
        trainer.initialize(new Shape(batch, layout.columns()));
        for (int epoch = 0; epoch < learning.epochs(); epoch++) {
          Collections.shuffle(order, random);
          for (int step = 0; step < stepsAnEpoch; step++) {
            List<Integer> chosen = order.subList(step * batch, (step + 1) * batch);
            step(trainer, arrays, rows, scaling, chosen);
          }
        }
        return block.network(learning, scaling, probe(scaling, trainer, arrays));
      }
    }
  }

  private void step(
      Trainer trainer, NDManager arrays, CourseRows rows, Scaling scaling, List<Integer> chosen) {
    int batch = chosen.size();
    int columns = layout.columns();
    float[] inputs = new float[batch * columns];
    float[] labels = new float[batch];
    for (int i = 0; i < batch; i++) {
      rows.write(chosen.get(i), inputs, i * columns);
      scaling.apply(inputs, i * columns);
      labels[i] = rows.label(chosen.get(i));
    }
    try (NDManager ofStep = arrays.newSubManager()) {
      NDArray truth = ofStep.create(labels, new Shape(batch, 1));
      NDList given = new NDList(ofStep.create(inputs, new Shape(batch, columns)));
      try (GradientCollector gradients = trainer.newGradientCollector()) {
        NDArray error = trainer.forward(given).singletonOrThrow().sub(truth);
        gradients.backward(error.square().mean());
      }
      trainer.step();
    }
  }

  private DefaultTrainingConfig config(int steps) {
    float rate = (float) learning.learningRate();
    Tracker falling =
        Tracker.cosine()
            .setBaseValue(rate)
            .optFinalValue(rate * LEAST_RATE_SHARE)
            .setMaxUpdates(Math.max(2, steps))
            .build();
    return new DefaultTrainingConfig(Loss.l2Loss())
        .optDevices(new Device[] {Device.cpu()})
        .optOptimizer(
            Optimizer.adamW()
                .optLearningRateTracker(falling)
                .optWeightDecays((float) learning.weightDecay())
                .build());
  }

  /** The channels are scaled alike in all readings, so that a course keeps its shape. */
  private Scaling scaling(CourseRows rows) {
    int kinds = layout.features() + layout.channels();
    double[] sums = new double[kinds];
    double[] squares = new double[kinds];
    double[] counts = new double[kinds];
    float[] row = new float[layout.columns()];
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < rows.size(); i++) {
        rows.write(i, row, 0);
        for (int column = 0; column < row.length; column++) {
          int kind = kind(column);
          if (pass == 0) {
            sums[kind] += row[column];
            counts[kind]++;
          } else {
            double off = row[column] - sums[kind] / counts[kind];
            squares[kind] += off * off;
          }
        }
      }
    }
    float[] means = new float[row.length];
    float[] factors = new float[row.length];
    for (int column = 0; column < row.length; column++) {
      int kind = kind(column);
      means[column] = (float) (sums[kind] / counts[kind]);
      factors[column] =
          (float) (1 / Math.max(LEAST_SPREAD, Math.sqrt(squares[kind] / counts[kind])));
    }
    return new Scaling(means, factors);
  }

  private int kind(int column) {
    return column < layout.features()
        ? column
        : layout.features() + (column - layout.features()) % layout.channels();
  }

  /** What PyTorch itself says to some made-up rows, to compare with what is served. */
  private CourseNetwork.Probe probe(Scaling scaling, Trainer trainer, NDManager arrays) {
    int columns = layout.columns();
    float[] rows = new float[CourseNetwork.PROBES * columns];
    Random random = new Random(0);
    for (int i = 0; i < rows.length; i++) {
      int column = i % columns;
      rows[i] = scaling.unscaled(column, (float) random.nextGaussian());
    }
    float[] scaled = rows.clone();
    for (int row = 0; row < CourseNetwork.PROBES; row++) {
      scaling.apply(scaled, row * columns);
    }
    try (NDManager ofProbe = arrays.newSubManager()) {
      NDArray given = ofProbe.create(scaled, new Shape(CourseNetwork.PROBES, columns));
      float[] answers = trainer.evaluate(new NDList(given)).singletonOrThrow().toFloatArray();
      return new CourseNetwork.Probe(rows, answers);
    }
  }
}
