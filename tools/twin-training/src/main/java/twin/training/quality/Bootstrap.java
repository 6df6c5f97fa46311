package twin.training.quality;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * How far a figure might be off because of the cases that happened to be in the data: the figure of
 * many samples drawn with repetition from what was measured (Efron, Annals of Statistics 7, 1979).
 * Cases that belong together, like the rows of one machine, are drawn together.
 */
public final class Bootstrap {

  private static final double LOW = 0.025;
  private static final double HIGH = 0.975;

  /** The middle 95 % of a figure over the samples. */
  public record Interval(double low, double high) {}

  private final List<int[]> groups;
  private final int rounds;
  private final long seed;

  /**
   * Draws groups of rows.
   *
   * @param groupOf the group of each row
   * @param rounds how many samples
   */
  public Bootstrap(int[] groupOf, int rounds, long seed) {
    List<List<Integer>> rows = new ArrayList<>();
    for (int row = 0; row < groupOf.length; row++) {
      while (rows.size() <= groupOf[row]) {
        rows.add(new ArrayList<>());
      }
      rows.get(groupOf[row]).add(row);
    }
    this.groups =
        rows.stream()
            .filter(group -> !group.isEmpty())
            .map(group -> group.stream().mapToInt(Integer::intValue).toArray())
            .toList();
    this.rounds = rounds;
    this.seed = seed;
  }

  /** The interval of a figure that is computed from the rows of a sample. */
  public Interval of(ToDoubleFunction<int[]> figure) {
    Random random = new Random(seed);
    double[] figures = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      List<int[]> drawn = new ArrayList<>();
      int size = 0;
      for (int i = 0; i < groups.size(); i++) {
        int[] group = groups.get(random.nextInt(groups.size()));
        drawn.add(group);
        size += group.length;
      }
      int[] sample = new int[size];
      int at = 0;
      for (int[] group : drawn) {
        System.arraycopy(group, 0, sample, at, group.length);
        at += group.length;
      }
      figures[round] = figure.applyAsDouble(sample);
    }
    return new Interval(
        BinaryFigures.quantile(figures, LOW), BinaryFigures.quantile(figures, HIGH));
  }
}
