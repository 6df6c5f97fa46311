package twin.training.tree;

import java.util.Arrays;

/**
 * One regression tree, node by node; node 0 is the root.
 *
 * <p>A row goes left where its value is less than the threshold, right where it is not, and where
 * it has none (NaN) as {@code missingLeft} says. Values and thresholds are compared as float32.
 *
 * @param output which output of its ensemble the tree adds to
 * @param left the left child of each node, or {@link #NO_CHILD} for a leaf
 * @param right the right child of each node
 * @param column the column that each inner node asks for
 * @param value the threshold of an inner node, the contribution of a leaf
 * @param missingLeft whether a missing value goes left
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by content, and never changed.
record Tree(
    int output, int[] left, int[] right, int[] column, float[] value, boolean[] missingLeft) {
  static final int NO_CHILD = -1;

  Tree {
    int nodes = left.length;
    if (nodes == 0
        || right.length != nodes
        || column.length != nodes
        || value.length != nodes
        || missingLeft.length != nodes) {
      throw new IllegalArgumentException("a tree needs all of its arrays, of the same length");
    }
  }

  int nodes() {
    return left.length;
  }

  boolean isLeaf(int node) {
    return left[node] == NO_CHILD;
  }

  /** The same tree for another output, with something added to every leaf in float32. */
  Tree moved(int newOutput, float added) {
    float[] shifted = value.clone();
    for (int node = 0; node < shifted.length; node++) {
      if (isLeaf(node)) {
        shifted[node] = added + shifted[node];
      }
    }
    return new Tree(newOutput, left, right, column, shifted, missingLeft);
  }

  /** The same tree with every leaf multiplied in float32. */
  Tree scaled(float factor) {
    float[] values = value.clone();
    for (int node = 0; node < values.length; node++) {
      if (isLeaf(node)) {
        values[node] *= factor;
      }
    }
    return new Tree(output, left, right, column, values, missingLeft);
  }

  /** The same tree asking for the columns at other positions. */
  Tree over(int[] positions) {
    int[] moved = new int[nodes()];
    for (int node = 0; node < moved.length; node++) {
      moved[node] = isLeaf(node) ? 0 : positions[column[node]];
    }
    return new Tree(output, left, right, moved, value, missingLeft);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tree tree
        && output == tree.output
        && Arrays.equals(left, tree.left)
        && Arrays.equals(right, tree.right)
        && Arrays.equals(column, tree.column)
        && Arrays.equals(value, tree.value)
        && Arrays.equals(missingLeft, tree.missingLeft);
  }

  @Override
  public int hashCode() {
    return 31 * output + Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    return "Tree[output=" + output + ", nodes=" + nodes() + "]";
  }
}
