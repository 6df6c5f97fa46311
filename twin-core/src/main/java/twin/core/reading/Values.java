package twin.core.reading;

import java.util.Arrays;

/**
 * Numbers by position, where a position without a number is absent. Immutable; two are equal when
 * every bit is.
 */
public final class Values {

  private static final Values NONE = new Values(new double[0]);

  private final double[] numbers;

  private Values(double[] numbers) {
    this.numbers = numbers;
  }

  /** Copies the numbers; NaN stands for an absent one, here and nowhere outside. */
  public static Values of(double... numbers) {
    return numbers.length == 0 ? NONE : new Values(numbers.clone());
  }

  /** How many positions there are. */
  public int size() {
    return numbers.length;
  }

  /** Whether there is a number at this position. */
  public boolean has(int position) {
    return position < numbers.length && !Double.isNaN(numbers[position]);
  }

  /** The number at this position, NaN when it is absent. */
  public double get(int position) {
    return position < numbers.length ? numbers[position] : Double.NaN;
  }

  /** A copy of the numbers, with NaN for absent ones. */
  public double[] toArray() {
    return numbers.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Values values && Arrays.equals(numbers, values.numbers);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(numbers);
  }

  @Override
  public String toString() {
    return Arrays.toString(numbers);
  }
}
