package twin.training.pump;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.inference.ModelSession;
import twin.core.machine.MachineState;
import twin.training.replay.ReplayedTwins;

/**
 * How well a gate does on recorded files, judged by what twins conclude from them. Each file is a
 * machine; its first rows are its commissioning and are not judged.
 *
 * @param model the gate
 * @param files the figures of each file that says which of its rows are anomalous
 * @param leftOut files that do not say it
 */
public record PumpEvaluation(
    String model, Map<String, ProtocolFigures> files, List<String> leftOut) {
  private static final int RESAMPLES = 2000;

  public PumpEvaluation {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    leftOut = List.copyOf(leftOut);
  }

  /**
   * Sends recordings through twins that a bundle decides for.
   *
   * @param data a recorded file, or a folder of them
   * @throws IllegalArgumentException when a file is not as expected
   */
  public static PumpEvaluation of(Path data, ModelSession bundle) throws IOException {
    List<PumpRecording> recordings = PumpRecording.readAll(data);
    if (recordings.stream().noneMatch(PumpRecording::labelled)) {
      throw new IllegalArgumentException("no file in " + data + " says which rows are anomalous");
    }
    return of(recordings, bundle);
  }

  static PumpEvaluation of(List<PumpRecording> recordings, ModelSession session) {
    Map<String, ProtocolFigures> files = new LinkedHashMap<>();
    List<String> leftOut = new ArrayList<>();
    try (ReplayedTwins twins = ReplayedTwins.with(PumpRecording.TYPE, session)) {
      for (PumpRecording recording : recordings) {
        if (recording.labelled()) {
          files.put(recording.name(), judged(recording, twins));
        } else {
          leftOut.add(recording.name());
        }
      }
    }
    return new PumpEvaluation(session.profile().ref().label(), files, leftOut);
  }

  /** What the twin of a recording made of the rows after its commissioning. */
  static ProtocolFigures judged(PumpRecording recording, ReplayedTwins twins) {
    List<MachineState> states = twins.statesAfter(recording.readings());
    int[] counts = new int[4];
    int unassessed = 0;
    for (int row = twins.type().commissioningReadings(); row < states.size(); row++) {
      Assessment assessment = ofNewest(states.get(row));
      unassessed += assessment == null ? 1 : 0;
      boolean found = assessment != null && assessment.anomalous();
      counts[(found ? 0 : 2) + (found == recording.anomalous()[row] ? 0 : 1)]++;
    }
    return new ProtocolFigures(counts[0], counts[1], counts[3], counts[2], unassessed);
  }

  private static @Nullable Assessment ofNewest(MachineState state) {
    MachineState.Latest latest = state.latest();
    Assessment assessment = latest == null ? null : latest.reading().assessment();
    return assessment != null && assessment.hasScore() ? assessment : null;
  }

  /** The pooled rows of all files. */
  public ProtocolFigures pooled() {
    return ProtocolFigures.pooled(files.values());
  }

  /**
   * The middle 95 % of a pooled figure when the files are drawn anew, with replacement: what other
   * files of this kind could have given. Draws for which the figure is not defined do not count;
   * both ends are NaN when there is no other.
   */
  double[] interval(ToDoubleFunction<ProtocolFigures> figure, long seed) {
    Random random = new Random(seed);
    List<ProtocolFigures> all = List.copyOf(files.values());
    double[] drawn = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      List<ProtocolFigures> sample = new ArrayList<>();
      for (int j = 0; j < all.size(); j++) {
        sample.add(all.get(random.nextInt(all.size())));
      }
      drawn[i] = figure.applyAsDouble(ProtocolFigures.pooled(sample));
    }
    double[] defined = Arrays.stream(drawn).filter(each -> !Double.isNaN(each)).sorted().toArray();
    if (defined.length == 0) {
      return new double[] {Double.NaN, Double.NaN};
    }
    int outside = defined.length / 40;
    return new double[] {defined[outside], defined[defined.length - 1 - outside]};
  }
}
