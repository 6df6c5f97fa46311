package twin.training.quality;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Which fold each row belongs to. Each fold is held out once while the model is trained on the
 * rest.
 *
 * @param foldOfRow the fold of each row
 * @param count how many folds
 */
@SuppressWarnings("ArrayRecordComponent")
public record Folds(int[] foldOfRow, int count) {

  /**
   * Whole blocks are held out, so that a row's neighbours in time never help to predict it.
   *
   * @param blockOfRow the block of each row
   */
  public static Folds blocked(int[] blockOfRow, int count, long seed) {
    TreeSet<Integer> distinct = new TreeSet<>();
    for (int block : blockOfRow) {
      distinct.add(block);
    }
    List<Integer> blocks = new ArrayList<>(distinct);
    Collections.shuffle(blocks, new Random(seed));
    int[] folds = new int[blockOfRow.length];
    for (int row = 0; row < folds.length; row++) {
      folds[row] = blocks.indexOf(blockOfRow[row]) % count;
    }
    return new Folds(folds, count);
  }

  /** Single rows are held out, as in most published figures. */
  public static Folds shuffled(int rows, int count, long seed) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, rows).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    int[] folds = new int[rows];
    for (int i = 0; i < rows; i++) {
      folds[order.get(i)] = i % count;
    }
    return new Folds(folds, count);
  }

  /**
   * What models say of the rows that they have not seen.
   *
   * @param model trains on the first rows and says a number of each of the second
   */
  public double[] heldOut(BiFunction<int[], int[], float[]> model) {
    double[] numbers = new double[foldOfRow.length];
    for (int fold = 0; fold < count; fold++) {
      int[] heldOut = heldOut(fold);
      float[] said = model.apply(trainedOn(fold), heldOut);
      for (int i = 0; i < heldOut.length; i++) {
        numbers[heldOut[i]] = said[i];
      }
    }
    return numbers;
  }

  /** The rows that are held out. */
  public int[] heldOut(int fold) {
    return IntStream.range(0, foldOfRow.length).filter(row -> foldOfRow[row] == fold).toArray();
  }

  /** The rows that are trained on. */
  public int[] trainedOn(int fold) {
    return IntStream.range(0, foldOfRow.length).filter(row -> foldOfRow[row] != fold).toArray();
  }
}
