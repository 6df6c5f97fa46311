package twin.training.milling;

import java.util.ArrayList;
import java.util.List;

/**
 * How each tool of a recording ended, as far as the recording shows.
 *
 * <p>A tool ends where the wear of the next row is less: it was replaced, or failed and was then
 * replaced. The last tool of a machine is still in use when the recording stops, so that all that
 * is known of its end is that it comes later: it is censored.
 */
final class ToolLife {

  private ToolLife() {}

  /** For each row the wear at which its tool ended; NaN where the tool is censored. */
  static double[] endWearMin(MillingRecording recording) {
    List<Double> ends = new ArrayList<>();
    for (List<MillingRow> rows : recording.machines()) {
      double[] ofMachine = new double[rows.size()];
      double end = Double.NaN;
      for (int i = rows.size() - 1; i >= 0; i--) {
        boolean last = i + 1 == rows.size();
        if (!last && rows.get(i + 1).toolWearMin() < rows.get(i).toolWearMin()) {
          end = rows.get(i).toolWearMin();
        }
        ofMachine[i] = end;
      }
      for (double each : ofMachine) {
        ends.add(each);
      }
    }
    return ends.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** For each row the greatest wear that its tool is seen with. */
  static double[] lastSeenWearMin(MillingRecording recording) {
    double[] ends = endWearMin(recording);
    double[] lastSeen = new double[ends.length];
    int offset = 0;
    for (List<MillingRow> rows : recording.machines()) {
      double newest = rows.getLast().toolWearMin();
      for (int i = 0; i < rows.size(); i++) {
        lastSeen[offset + i] = Double.isNaN(ends[offset + i]) ? newest : ends[offset + i];
      }
      offset += rows.size();
    }
    return lastSeen;
  }
}
