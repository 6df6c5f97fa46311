package twin.training.pump;

import java.util.Collection;

/**
 * How a gate did under the benchmark's protocol, as counts of judged rows.
 *
 * @param truePositives anomalous rows that were found
 * @param falsePositives normal rows that were taken for anomalous
 * @param falseNegatives anomalous rows that were missed
 * @param trueNegatives normal rows that were left alone
 * @param unassessed rows of which nothing was concluded; they count as taken for normal
 */
public record ProtocolFigures(
    int truePositives, int falsePositives, int falseNegatives, int trueNegatives, int unassessed) {

  /** The figures of the rows of all files together. */
  static ProtocolFigures pooled(Collection<ProtocolFigures> files) {
    int[] sums = new int[5];
    for (ProtocolFigures file : files) {
      sums[0] += file.truePositives;
      sums[1] += file.falsePositives;
      sums[2] += file.falseNegatives;
      sums[3] += file.trueNegatives;
      sums[4] += file.unassessed;
    }
    return new ProtocolFigures(sums[0], sums[1], sums[2], sums[3], sums[4]);
  }

  /** How many rows were judged. */
  public int rows() {
    return truePositives + falsePositives + falseNegatives + trueNegatives;
  }

  /** How many of them are anomalous. */
  public int anomalousRows() {
    return truePositives + falseNegatives;
  }

  /** Harmonic mean of precision and recall; NaN without anything to find or found. */
  public double f1() {
    return 2.0 * truePositives / (2.0 * truePositives + falsePositives + falseNegatives);
  }

  /** Share of the normal rows that were taken for anomalous; NaN without normal rows. */
  public double falseAlarmRate() {
    return falsePositives / (double) (falsePositives + trueNegatives);
  }

  /** Share of the anomalous rows that were missed; NaN without anomalous rows. */
  public double missedAlarmRate() {
    return falseNegatives / (double) (falseNegatives + truePositives);
  }
}
