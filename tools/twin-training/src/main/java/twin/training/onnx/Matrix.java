package twin.training.onnx;

/**
 * Rows of float32 numbers, all of the same length, row after row; NaN is a missing value. The
 * numbers are not copied, and nobody changes them.
 *
 * @param values row after row
 * @param rows how many rows
 * @param columns numbers in a row
 */
@SuppressWarnings("ArrayRecordComponent")
public record Matrix(float[] values, int rows, int columns) {

  public Matrix {
    if (columns < 1 || (long) rows * columns != values.length) {
      throw new IllegalArgumentException(
          rows + " rows of " + columns + " are not " + values.length + " numbers");
    }
  }

  /** The chosen rows, in the order given. */
  public Matrix select(int[] chosen) {
    float[] selected = new float[chosen.length * columns];
    for (int i = 0; i < chosen.length; i++) {
      System.arraycopy(values, chosen[i] * columns, selected, i * columns, columns);
    }
    return new Matrix(selected, chosen.length, columns);
  }

  /** One row, copied. */
  public float[] row(int row) {
    float[] one = new float[columns];
    System.arraycopy(values, row * columns, one, 0, columns);
    return one;
  }
}
