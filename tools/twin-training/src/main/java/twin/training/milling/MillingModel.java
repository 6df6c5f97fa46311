package twin.training.milling;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.BundleManifest.Sequence;
import twin.training.onnx.Matrix;
import twin.training.onnx.OnnxGraph;
import twin.training.onnx.Served;
import twin.training.tree.BoostedTrees;
import twin.training.tree.OnnxTrees;
import twin.training.tree.TreeEnsemble;

/** All models of the milling machine in one graph, so that a reading costs one run. */
final class MillingModel {
  static final String FILE = "milling.onnx";
  static final double TOLERANCE = 1e-5;

  /** What a row holds, in order. */
  static final List<String> INPUTS =
      Stream.concat(AnomalyGate.INPUTS.stream(), FailureModes.VARIANTS.stream()).toList();

  /** What is in the graph, in the order of its outputs. */
  static final List<Part> PARTS =
      List.of(
          part(Role.ANOMALY, AnomalyGate.INPUTS, List.of(AnomalyGate.MODALITY)),
          part(Role.FAILURE, FailureModes.INPUTS, List.of("failure_probability")),
          part(Role.FAILURE_MODES, FailureModes.INPUTS, FailureModes.NAMES),
          part(Role.RUL, RulModel.INPUTS, RulModel.OUTPUTS));

  private MillingModel() {}

  private static Part part(Role role, List<String> inputs, List<String> outputs) {
    return new Part(role, FILE, inputs, Sequence.NONE, outputs);
  }

  /** Trains on all rows, and makes sure that the file says what the trained models say. */
  static byte[] train(Examples examples, long seed) {
    int[] all = Examples.all(examples.size());
    Matrix rows = examples.matrix(INPUTS);
    TreeEnsemble forest = overInputs(AnomalyGate.grow(examples, all, seed), AnomalyGate.INPUTS);
    List<TreeEnsemble> modes = new ArrayList<>();
    List<float[]> modesSaid = new ArrayList<>();
    for (String mode : FailureModes.NAMES) {
      List<String> causes = FailureModes.causes(mode);
      try (BoostedTrees trained = FailureModes.train(examples, mode, all, seed)) {
        modes.add(overInputs(trained.trees(), causes));
        modesSaid.add(trained.predict(examples.matrix(causes)));
      }
    }
    TreeEnsemble ends;
    float[] remaining;
    try (BoostedTrees trained = RulModel.train(examples, all, seed)) {
      ends = overInputs(trained.trees(), RulModel.INPUTS);
      remaining = RulModel.remaining(trained, examples.matrix(RulModel.INPUTS));
    }
    List<float[]> said = new ArrayList<>();
    said.add(Served.run(OnnxTrees.probabilities(forest), rows));
    said.add(anyOf(modesSaid));
    said.addAll(modesSaid);
    said.add(remaining);
    byte[] file = write(forest, modes, ends);
    Served.requireEqual(FILE, Served.run(file, rows), beside(said, all.length), TOLERANCE);
    return file;
  }

  private static byte[] write(TreeEnsemble forest, List<TreeEnsemble> modes, TreeEnsemble ends) {
    OnnxGraph graph = new OnnxGraph(INPUTS.size());
    List<String> columns = new ArrayList<>(OnnxTrees.anyAndEach(graph, modes));
    columns.addFirst(OnnxTrees.probabilities(graph, forest));
    columns.addLast(OnnxTrees.remaining(graph, ends, INPUTS.indexOf(RulModel.INPUTS.getFirst())));
    int outputs = PARTS.stream().mapToInt(part -> part.outputs().size()).sum();
    return graph.write(graph.beside(columns), outputs);
  }

  static TreeEnsemble overInputs(TreeEnsemble ensemble, List<String> columns) {
    return ensemble.over(columns.stream().mapToInt(INPUTS::indexOf).toArray(), INPUTS.size());
  }

  /** In single precision, as it is served. */
  private static float[] anyOf(List<float[]> modes) {
    float[] any = new float[modes.getFirst().length];
    for (int row = 0; row < any.length; row++) {
      float none = 1;
      for (float[] probabilities : modes) {
        none *= 1 - probabilities[row];
      }
      any[row] = 1 - none;
    }
    return any;
  }

  /** Row after row what each of several matrices has of it. */
  private static float[] beside(List<float[]> matrices, int rows) {
    float[] all = new float[matrices.stream().mapToInt(matrix -> matrix.length).sum()];
    int at = 0;
    for (int row = 0; row < rows; row++) {
      for (float[] matrix : matrices) {
        int width = matrix.length / rows;
        System.arraycopy(matrix, row * width, all, at, width);
        at += width;
      }
    }
    return all;
  }
}
