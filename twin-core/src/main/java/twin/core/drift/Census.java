package twin.core.drift;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.BundleManifest;
import twin.core.machine.MachineState;
import twin.core.reading.Reading;
import twin.core.type.Channel;
import twin.core.type.FeatureSpec;

/**
 * Counts what a bundle is given and what it answers. Its size does not depend on how many readings
 * or machines there are. Not safe for use by several threads.
 */
final class Census {

  /** Channels beyond this are not looked at: machines of type auto may send any. */
  private static final int CHANNELS_MAX = 200;

  private final List<Input> inputs;
  private final long[] scores = new long[Units.GROUPS * Bins.SCORE.size()];
  private final long[] failures = new long[Units.GROUPS * Bins.PROBABILITY.size()];
  private final Map<String, long[]> channels = new LinkedHashMap<>();
  private final long[] interval = new long[Quality.INTERVAL_COUNTS];
  private List<FeatureSpec> specs = List.of();
  private int[] positions = {};
  private long readings;

  /** An input with the bins in which it is counted. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody, and counted in.
  private record Input(String name, Bins bins, long[] counts) {}

  /** Counts the inputs that the manifest tells what is usual for. */
  Census(@Nullable BundleManifest manifest) {
    inputs = new ArrayList<>();
    bins(manifest)
        .forEach(
            (name, bins) ->
                inputs.add(new Input(name, bins, new long[Units.GROUPS * bins.size()])));
  }

  /** The bins of a bundle's inputs, where they are known. */
  static Map<String, Bins> bins(@Nullable BundleManifest manifest) {
    Map<String, Bins> bins = new LinkedHashMap<>();
    if (manifest != null) {
      for (BundleManifest.Input input : manifest.inputs()) {
        Optional<Bins> known = Bins.of(input);
        known.ifPresent(each -> bins.put(input.name(), each));
      }
    }
    return bins;
  }

  /** Counts the newest reading of a machine. */
  void add(MachineState state) {
    add(state, Math.floorMod(state.machineId().hashCode(), Units.GROUPS));
  }

  private void add(MachineState state, int group) {
    MachineState.Latest latest = state.latest();
    FeatureVector features = inputs.isEmpty() ? null : state.features();
    if (latest == null || state.definition() == null) {
      return;
    }
    readings++;
    if (features != null) {
      find(features.specs());
      for (int i = 0; i < positions.length; i++) {
        if (positions[i] >= 0) {
          count(
              inputs.get(i).counts(),
              inputs.get(i).bins(),
              group,
              features.values().get(positions[i]));
        }
      }
    }
    Assessment made = latest.reading().assessment();
    if (made != null && made.isAvailable()) {
      if (made.hasScore() && !state.withholdsJudgement()) {
        count(scores, Bins.SCORE, group, made.scoreRatio(state.thresholds()));
      }
      count(failures, Bins.PROBABILITY, group, made.failureProbability());
    }
    Reading reading = latest.reading().reading();
    List<Channel> sent = state.definition().type().channels();
    for (int i = 0; i < sent.size(); i++) {
      String name = sent.get(i).name();
      long[] counts = channels.get(name);
      if (counts == null && channels.size() < CHANNELS_MAX) {
        counts = new long[Quality.COUNTS];
        channels.put(name, counts);
      }
      if (counts != null) {
        Quality.count(counts, reading, i);
      }
    }
    Quality.count(interval, state.window());
  }

  private void find(List<FeatureSpec> present) {
    if (present != specs) {
      Map<String, Integer> found = new HashMap<>();
      for (int i = 0; i < present.size(); i++) {
        found.put(present.get(i).name(), i);
      }
      positions = inputs.stream().mapToInt(input -> found.getOrDefault(input.name(), -1)).toArray();
      specs = present;
    }
  }

  private static void count(long[] counts, Bins bins, int group, double value) {
    if (!Double.isNaN(value)) {
      counts[group * bins.size() + bins.of(value)]++;
    }
  }

  /** How many readings were counted since the last time. */
  long readings() {
    return readings;
  }

  /** What was counted, and begins anew. */
  Map<Measure, long[]> take() {
    Map<Measure, long[]> taken = new LinkedHashMap<>();
    if (readings == 0) {
      return taken;
    }
    for (Input input : inputs) {
      taken.put(new Measure(Measure.Kind.INPUT, input.name()), taken(input.counts()));
    }
    taken.put(Measure.SCORE, taken(scores));
    taken.put(Measure.FAILURE, taken(failures));
    channels.forEach(
        (name, counts) -> taken.put(new Measure(Measure.Kind.CHANNEL, name), taken(counts)));
    taken.put(Measure.TIME, taken(interval));
    taken.values().removeIf(Census::isEmpty);
    readings = 0;
    return taken;
  }

  private static boolean isEmpty(long[] counts) {
    for (long count : counts) {
      if (count != 0) {
        return false;
      }
    }
    return true;
  }

  private static long[] taken(long[] counts) {
    long[] taken = counts.clone();
    Arrays.fill(counts, 0);
    return taken;
  }
}
