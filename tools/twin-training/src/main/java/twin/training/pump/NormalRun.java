package twin.training.pump;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import twin.core.feature.FeatureVector;
import twin.core.machine.MachineState;
import twin.core.type.MachineType;
import twin.training.replay.ReplayedTwins;

/**
 * A run free of anomalies, cut into stretches that are machines of their own: each is commissioned
 * on its first readings. So the gate is looked at in the terms in which twins will ask it, and not
 * in those of one machine.
 *
 * @param type the machine type
 * @param stretches the machines
 * @param states a twin's state after each reading that scores count of, machine after machine
 * @param thresholds the thresholds that each machine found for itself
 */
record NormalRun(
    MachineType type,
    List<PumpRecording> stretches,
    List<MachineState> states,
    List<double[]> thresholds) {

  /** How long a machine is looked at after its commissioning; as in the benchmark's files. */
  private static final int JUDGED_READINGS = 750;

  NormalRun {
    stretches = List.copyOf(stretches);
    states = List.copyOf(states);
    thresholds = List.copyOf(thresholds);
  }

  /**
   * Lets twins live through the files that are not labelled.
   *
   * @throws IllegalArgumentException when there is none, or none long enough
   */
  static NormalRun of(List<PumpRecording> recordings, Function<FeatureVector, float[]> gate) {
    GateSession session = new GateSession("trained", StandardisedGate.modalities(), gate);
    List<PumpRecording> stretches = new ArrayList<>();
    List<MachineState> states = new ArrayList<>();
    List<double[]> thresholds = new ArrayList<>();
    try (ReplayedTwins twins = ReplayedTwins.with(PumpRecording.TYPE, session)) {
      int commissioning = twins.type().commissioningReadings();
      int length = commissioning + JUDGED_READINGS;
      for (PumpRecording recording : recordings) {
        int rows = recording.readings().size();
        for (int from = 0; !recording.labelled() && from + length <= rows; from += length / 2) {
          PumpRecording stretch = recording.stretch(from, from + length);
          stretches.add(stretch);
          List<MachineState> lived = twins.statesAfter(stretch.readings());
          states.addAll(lived.subList(commissioning / 2, length));
          thresholds.add(lived.get(commissioning - 1).thresholds());
        }
      }
      if (stretches.isEmpty()) {
        throw new IllegalArgumentException(
            "there is no file without labels that has %d rows".formatted(length));
      }
      return new NormalRun(twins.type(), stretches, states, thresholds);
    }
  }

  /** The features of the readings that scores count of. */
  List<FeatureVector> features() {
    return states.stream().map(ReplayedTwins::features).toList();
  }

  /** How many rows the machines have. */
  long rows() {
    return stretches.stream().mapToLong(stretch -> stretch.readings().size()).sum();
  }

  /** The middle one of the thresholds that the machines found for a modality. */
  double threshold(int modality) {
    double[] sorted = thresholds.stream().mapToDouble(each -> each[modality]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** What twins make of the machines after their commissioning: every finding is false. */
  ProtocolFigures judged(GateSession session) {
    try (ReplayedTwins twins = ReplayedTwins.with(PumpRecording.TYPE, session)) {
      return ProtocolFigures.pooled(
          stretches.stream().map(stretch -> PumpEvaluation.judged(stretch, twins)).toList());
    }
  }
}
