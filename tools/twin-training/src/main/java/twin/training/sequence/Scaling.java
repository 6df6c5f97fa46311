package twin.training.sequence;

/**
 * Brings each column near to a mean of 0 and a spread of 1, and holds back what is far off: a
 * network knows nothing of where it was never trained.
 *
 * @param means subtracted
 * @param factors multiplied with
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by content, and never changed.
record Scaling(float[] means, float[] factors) {
  static final float LIMIT = 5;

  /** Scales a row in its place. */
  void apply(float[] rows, int offset) {
    for (int column = 0; column < means.length; column++) {
      float scaled = (rows[offset + column] - means[column]) * factors[column];
      rows[offset + column] = Math.max(-LIMIT, Math.min(LIMIT, scaled));
    }
  }

  /** The number that becomes the given one. */
  float unscaled(int column, float scaled) {
    return scaled / factors[column] + means[column];
  }
}
