package twin.training.turbofan;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import twin.training.kind.KindsTable;
import twin.training.turbofan.RulModel.Effort;
import twin.training.turbofan.RulModel.Kind;
import twin.training.turbofan.RulTraining.Trained;

/**
 * Trees, networks and both side by side: measured on engines that they had not seen, then trained
 * on all engines and run as the twin would.
 */
public final class KindComparison {

  private KindComparison() {}

  /**
   * Trains and measures all kinds.
   *
   * @param data a recorded file, or the directory of several
   * @param seed from which every random choice follows
   * @param progress told what is being done
   * @return a table in Markdown
   */
  public static String of(Path data, long seed, Consumer<String> progress) throws IOException {
    return of(data, seed, Effort.FULL, progress);
  }

  static String of(Path data, long seed, Effort effort, Consumer<String> progress)
      throws IOException {
    progress.accept("letting twins live through " + data);
    EngineLives lives = EngineLives.of(TurbofanRecording.read(data));
    Trained trained = new RulTraining(lives, effort, seed, progress).train();
    progress.accept("timing each kind");
    return table(trained);
  }

  static String table(Trained trained) {
    String[] files = trained.kinds().values().iterator().next().keySet().toArray(String[]::new);
    KindsTable table = new KindsTable(2, files);
    for (Map.Entry<Kind, Map<String, Double>> kind : trained.kinds().entrySet()) {
      table.add(
          title(kind.getKey()),
          trained.model().estimates(kind.getKey()),
          kind.getValue().values().stream().mapToDouble(Double::doubleValue).toArray());
    }
    return table.toString();
  }

  private static String title(Kind kind) {
    return switch (kind) {
      case TREES -> "gradient-boosted trees over the features";
      case NETWORKS -> "convolutional networks over the features and the last 30 readings";
      case BOTH -> "mean of both (shipped)";
    };
  }
}
