package twin.ingest.mapping;

/** What a pointer leads to; {@code null} counts as nothing. */
sealed interface Found {

  /** What to show of it to people. */
  String shown();

  /**
   * A finite number.
   *
   * @param text as it was written
   * @param whole whether it was written without a point and an exponent
   */
  record Numeric(double value, String text, boolean whole) implements Found {
    @Override
    public String shown() {
      return text;
    }
  }

  /** A text in quotes. */
  record Text(String value) implements Found {
    @Override
    public String shown() {
      return "'" + value + "'";
    }
  }

  /** True, false, an object, an array, or a number that is not finite; its beginning as text. */
  record Other(String shown) implements Found {}
}
