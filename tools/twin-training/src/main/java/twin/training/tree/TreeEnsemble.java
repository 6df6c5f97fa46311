package twin.training.tree;

import java.util.ArrayList;
import java.util.List;

/**
 * Trees whose leaves are added up, for each output those of its own trees.
 *
 * @param columns numbers in a row
 * @param outputs how many sums there are
 * @param trees the trees, in the order in which they are added
 */
public record TreeEnsemble(int columns, int outputs, List<Tree> trees) {

  public TreeEnsemble {
    trees = List.copyOf(trees);
  }

  /**
   * The same trees for wider rows.
   *
   * @param positions where in a wider row each column is
   * @param width numbers in a wider row
   */
  public TreeEnsemble over(int[] positions, int width) {
    return new TreeEnsemble(
        width, outputs, trees.stream().map(tree -> tree.over(positions)).toList());
  }

  /** The same trees with their only sum multiplied and then moved. */
  public TreeEnsemble stretched(double factor, double added) {
    if (outputs != 1) {
      throw new IllegalArgumentException("only a single sum can be stretched, not " + outputs);
    }
    List<Tree> stretched = new ArrayList<>();
    for (Tree tree : trees) {
      stretched.add(tree.scaled((float) factor).moved(0, stretched.isEmpty() ? (float) added : 0f));
    }
    return new TreeEnsemble(columns, 1, stretched);
  }

  /** One ensemble with the outputs of all of them, in their order. */
  public static TreeEnsemble sideBySide(List<TreeEnsemble> ensembles) {
    List<Tree> trees = new ArrayList<>();
    int outputs = 0;
    int columns = ensembles.getFirst().columns();
    for (TreeEnsemble ensemble : ensembles) {
      if (ensemble.columns() != columns) {
        throw new IllegalArgumentException("ensembles side by side must read the same rows");
      }
      for (Tree tree : ensemble.trees()) {
        trees.add(tree.moved(outputs + tree.output(), 0f));
      }
      outputs += ensemble.outputs();
    }
    return new TreeEnsemble(columns, outputs, trees);
  }
}
