package twin.training.sequence;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.training.sequence.CourseNetwork.Convolution;
import twin.training.sequence.CourseNetwork.Dense;
import twin.training.sequence.CourseNetwork.Kernel;

/**
 * The network while PyTorch trains it. Written as one block because DJL's lambda blocks ask the
 * default engine for their shapes, and here that is ONNX Runtime, which does not compute.
 */
final class CourseBlock extends AbstractBlock {
  private final Layout layout;
  private final List<Conv1d> convolutions;
  private final Linear features;
  private final Linear joined;
  private final Linear last;
  private final Dropout dropout;

  CourseBlock(Layout layout, Learning learning) {
    this.layout = layout;
    this.convolutions =
        CourseNetwork.KERNELS.stream()
            .map(
                kernel ->
                    addChildBlock(
                        "convolution",
                        Conv1d.builder()
                            .setKernelShape(new Shape(kernel.readings()))
                            .optStride(new Shape(kernel.stride()))
                            .setFilters(learning.filters())
                            .build()))
            .toList();
    this.features = addChildBlock("features", Linear.builder().setUnits(learning.units()).build());
    this.joined = addChildBlock("joined", Linear.builder().setUnits(learning.units()).build());
    this.last = addChildBlock("last", Linear.builder().setUnits(1).build());
    this.dropout =
        addChildBlock("dropout", Dropout.builder().optRate((float) learning.dropout()).build());
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType dataType, Shape... inputShapes) {
    long rows = inputShapes[0].get(0);
    Shape course = new Shape(rows, layout.channels(), layout.readings());
    for (Conv1d convolution : convolutions) {
      convolution.initialize(manager, dataType, course);
      course = convolution.getOutputShapes(new Shape[] {course})[0];
    }
    features.initialize(manager, dataType, new Shape(rows, layout.features()));
    long units =
        features.getOutputShapes(new Shape[] {new Shape(rows, layout.features())})[0].get(1);
    joined.initialize(manager, dataType, new Shape(rows, course.get(1) * course.get(2) + units));
    last.initialize(manager, dataType, new Shape(rows, units));
    dropout.initialize(manager, dataType, new Shape(rows, units));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {new Shape(inputShapes[0].get(0), 1)};
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      @Nullable PairList<String, Object> others) {
    NDArray rows = inputs.singletonOrThrow();
    NDArray course =
        rows.get(":, " + layout.features() + ":")
            .reshape(-1, layout.readings(), layout.channels())
            .transpose(0, 2, 1);
    for (Conv1d convolution : convolutions) {
      course = Activation.relu(ask(convolution, parameters, course, training));
    }
    course = ask(dropout, parameters, course.reshape(rows.getShape().get(0), -1), training);
    NDArray present = rows.get(":, :" + layout.features());
    present = rectified(features, parameters, present, training);
    NDArray both = NDArrays.concat(new NDList(course, present), 1);
    both = rectified(joined, parameters, both, training);
    return new NDList(ask(last, parameters, both, training));
  }

  private NDArray rectified(
      Linear linear, ParameterStore parameters, NDArray from, boolean training) {
    NDArray rectified = Activation.relu(ask(linear, parameters, from, training));
    return ask(dropout, parameters, rectified, training);
  }

  private static NDArray ask(
      Block block, ParameterStore parameters, NDArray from, boolean training) {
    return block.forward(parameters, new NDList(from), training).singletonOrThrow();
  }

  /** The network as it is now. */
  CourseNetwork network(Learning learning, Scaling scaling, CourseNetwork.Probe probe) {
    List<Convolution> written =
        convolutions.stream().map(each -> convolution(each, convolutions.indexOf(each))).toList();
    return new CourseNetwork(
        layout,
        learning.filters(),
        scaling,
        written,
        dense(features),
        dense(joined),
        dense(last),
        probe);
  }

  private static Convolution convolution(Conv1d trained, int position) {
    Kernel kernel = CourseNetwork.KERNELS.get(position);
    return new Convolution(kernel, weights(trained, "weight"), weights(trained, "bias"));
  }

  private static Dense dense(Linear trained) {
    return new Dense(weights(trained, "weight"), weights(trained, "bias"));
  }

  private static float[] weights(Block block, String name) {
    return block.getParameters().get(name).getArray().toFloatArray();
  }
}
