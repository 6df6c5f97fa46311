package twin.training.sequence;

/**
 * What the rows of a network hold: features first, then the last readings, oldest first, each with
 * all of its channels.
 *
 * @param features numbers before the readings
 * @param readings how many readings
 * @param channels numbers of a reading
 */
public record Layout(int features, int readings, int channels) {

  /** Numbers in a row. */
  public int columns() {
    return features + readings * channels;
  }
}
