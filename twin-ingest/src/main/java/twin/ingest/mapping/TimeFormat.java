package twin.ingest.mapping;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import twin.core.reading.Times;
import twin.ingest.codec.Rfc3339;
import twin.ingest.codec.Rfc3339.Result;
import twin.ingest.codec.Texts;

/** How a device writes the time. */
enum TimeFormat {
  /** A text is RFC 3339, a number counts from 1970 in the unit that gives a time of our days. */
  DETECT,
  RFC3339,
  EPOCH_SECONDS,
  EPOCH_MILLISECONDS;

  private static final int QUOTED_LENGTH_MAX = 40;

  /** 1973 in seconds: what is smaller is an uptime, or counts from elsewhere. */
  private static final double SECONDS_MIN = 1e8;

  /** Year 5138 in seconds, 1973 in milliseconds. */
  private static final double MILLISECONDS_MIN = 1e11;

  /** Year 5138 in milliseconds, 1973 in microseconds. */
  private static final double MILLISECONDS_MAX = 1e14;

  private static final int SECONDS_DIGITS_MAX = 20;

  static TimeFormat of(String name) {
    for (TimeFormat format : values()) {
      if (format.label().equals(name)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        "'%s' is no format of times: it can be %s"
            .formatted(
                name,
                Arrays.stream(values()).map(TimeFormat::label).collect(Collectors.joining(", "))));
  }

  private String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The time that a value stands for. */
  Result parse(Found found) {
    return switch (found) {
      case Found.Numeric number -> ofNumber(number.text(), number.value(), this);
      case Found.Text text -> ofText(text.value());
      case Found.Other other -> noTime(other.shown(), "it must be a time");
    };
  }

  /** The time that a text stands for, be it a number in quotes or in a header. */
  Result ofText(String text) {
    boolean numeric = isNumeric(text);
    return switch (this) {
      case RFC3339 -> Rfc3339.parse(text);
      case DETECT -> numeric ? ofNumber(text, Double.parseDouble(text), this) : Rfc3339.parse(text);
      case EPOCH_SECONDS, EPOCH_MILLISECONDS ->
          numeric
              ? ofNumber(text, Double.parseDouble(text), this)
              : noTime(text, "it must be a number, for the mapping says " + label());
    };
  }

  private static boolean isNumeric(String text) {
    if (text.isEmpty() || text.length() > QUOTED_LENGTH_MAX) {
      return false;
    }
    boolean point = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      boolean firstPoint = c == '.' && !point && i > 0 && i < text.length() - 1;
      point |= c == '.';
      if (!digit && !firstPoint) {
        return false;
      }
    }
    return true;
  }

  private static Result ofNumber(String text, double value, TimeFormat format) {
    return switch (format) {
      case RFC3339 ->
          noTime(text, "it is a number, and the mapping says rfc3339: mend the mapping's format");
      case EPOCH_SECONDS -> fromEpoch(text, value, 0);
      case EPOCH_MILLISECONDS -> fromEpoch(text, value, 3);
      case DETECT -> {
        if (value >= SECONDS_MIN && value < MILLISECONDS_MIN) {
          yield fromEpoch(text, value, 0);
        }
        if (value >= MILLISECONDS_MIN && value < MILLISECONDS_MAX) {
          yield fromEpoch(text, value, 3);
        }
        yield noTime(
            text,
            "it is neither seconds nor milliseconds since 1970 of a time after 1973; if it is one"
                + " of them, say so with the mapping's format");
      }
    };
  }

  /** Exact to the nanosecond, unless the number is written with an exponent. */
  private static Result fromEpoch(String text, double value, int decimalsOfUnit) {
    double seconds = value / Math.pow(10, decimalsOfUnit);
    if (!(seconds >= 0 && seconds <= Times.LATEST.getEpochSecond())) {
      return outOfRange(text);
    }
    // Digits alone: an exponent could make the exact number as long as it likes.
    BigDecimal exact =
        (isNumeric(text) && text.length() <= 2 * SECONDS_DIGITS_MAX
                ? new BigDecimal(text)
                : new BigDecimal(value).setScale(9, RoundingMode.HALF_EVEN))
            .movePointLeft(decimalsOfUnit);
    BigDecimal nanos = exact.movePointRight(9).setScale(0, RoundingMode.DOWN);
    Instant time =
        Instant.ofEpochSecond(
            nanos.movePointLeft(9).longValue(),
            nanos.remainder(BigDecimal.valueOf(1_000_000_000)).longValue());
    return Times.canBeKept(time) ? new Result.Time(time) : outOfRange(text);
  }

  private static Result outOfRange(String text) {
    return noTime(text, "it must lie between %s and %s".formatted(Times.EARLIEST, Times.LATEST));
  }

  private static Result noTime(String text, String how) {
    return new Result.NoTime(
        "timestamp '%s': %s".formatted(Texts.kept(text, QUOTED_LENGTH_MAX), how));
  }
}
