package twin.ingest.codec;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import twin.core.reading.Times;

/**
 * Reads timestamps as RFC 3339 has them: with an offset, with up to nanoseconds, {@code T} and
 * {@code Z} in either case, a blank in place of the {@code T}. Whatever else people write as a time
 * gets a reason that names the part to mend. By hand, because every reading has a timestamp and a
 * {@link java.time.format.DateTimeFormatter} takes longer than all the rest of decoding.
 */
public final class Rfc3339 {

  private static final String EXAMPLE = "2025-11-07T15:10:01Z";
  private static final int DATE_TIME_LENGTH = 19;
  private static final int MAX_FRACTION_DIGITS = 9;
  private static final int QUOTED_LENGTH_MAX = 40;

  private Rfc3339() {}

  /** What a text turned out to be. */
  public sealed interface Result {
    /** A time. */
    record Time(Instant instant) implements Result {}

    /** No time, and how to mend it. */
    record NoTime(String reason) implements Result {}
  }

  /** The time that a text stands for, or why it is none. */
  public static Result parse(String text) {
    if (!hasShapeOfDateTime(text)) {
      return noTime(text, "it must look like " + EXAMPLE);
    }
    int end = endOfFraction(text);
    if (end - DATE_TIME_LENGTH - 1 > MAX_FRACTION_DIGITS) {
      return noTime(text, "seconds have at most 9 decimals");
    }
    if (end == DATE_TIME_LENGTH + 1) {
      return noTime(text, "digits are missing after the seconds' point");
    }
    if (end == text.length()) {
      return noTime(text, "its time zone is missing: append Z when it is in UTC, else the offset");
    }
    int offsetSeconds = offsetSeconds(text, end);
    if (offsetSeconds == NO_OFFSET) {
      return noTime(text, "its time zone must be Z or an offset such as +02:00");
    }
    return dateTime(text, nanos(text, end), offsetSeconds);
  }

  private static final int NO_OFFSET = Integer.MIN_VALUE;

  private static boolean hasShapeOfDateTime(String text) {
    if (text.length() < DATE_TIME_LENGTH) {
      return false;
    }
    for (int i = 0; i < DATE_TIME_LENGTH; i++) {
      char c = text.charAt(i);
      boolean fits =
          switch (i) {
            case 4, 7 -> c == '-';
            case 10 -> c == 'T' || c == 't' || c == ' ';
            case 13, 16 -> c == ':';
            default -> isDigit(c);
          };
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private static int endOfFraction(String text) {
    int end = DATE_TIME_LENGTH;
    if (end < text.length() && text.charAt(end) == '.') {
      end++;
      while (end < text.length() && isDigit(text.charAt(end))) {
        end++;
      }
    }
    return end;
  }

  private static int nanos(String text, int end) {
    int nanos = 0;
    for (int i = 1; i <= MAX_FRACTION_DIGITS; i++) {
      int at = DATE_TIME_LENGTH + i;
      nanos = nanos * 10 + (at < end ? text.charAt(at) - '0' : 0);
    }
    return nanos;
  }

  private static int offsetSeconds(String text, int at) {
    char sign = text.charAt(at);
    if (sign == 'Z' || sign == 'z') {
      return text.length() == at + 1 ? 0 : NO_OFFSET;
    }
    boolean shaped =
        (sign == '+' || sign == '-')
            && text.length() == at + 6
            && isDigit(text.charAt(at + 1))
            && isDigit(text.charAt(at + 2))
            && text.charAt(at + 3) == ':'
            && isDigit(text.charAt(at + 4))
            && isDigit(text.charAt(at + 5));
    if (!shaped || number(text, at + 1, 2) > 23 || number(text, at + 4, 2) > 59) {
      return NO_OFFSET;
    }
    int seconds = number(text, at + 1, 2) * 3600 + number(text, at + 4, 2) * 60;
    return sign == '-' ? -seconds : seconds;
  }

  private static Result dateTime(String text, int nanos, int offsetSeconds) {
    int year = number(text, 0, 4);
    int month = number(text, 5, 2);
    int day = number(text, 8, 2);
    int hour = number(text, 11, 2);
    int minute = number(text, 14, 2);
    int second = number(text, 17, 2);
    if (month < 1 || month > 12 || day < 1 || day > YearMonth.of(year, month).lengthOfMonth()) {
      return noTime(text, "the calendar has no such day");
    }
    if (second == 60) {
      return noTime(text, "leap seconds are not kept: send the second before or after");
    }
    if (hour > 23 || minute > 59 || second > 59) {
      return noTime(text, "the clock has no such time");
    }
    try {
      Instant instant =
          Instant.ofEpochSecond(
              LocalDateTime.of(year, month, day, hour, minute, second).toEpochSecond(ZoneOffset.UTC)
                  - offsetSeconds,
              nanos);
      return Times.canBeKept(instant)
          ? new Result.Time(instant)
          : noTime(text, "it must lie between %s and %s".formatted(Times.EARLIEST, Times.LATEST));
    } catch (DateTimeException e) {
      return noTime(text, "it must look like " + EXAMPLE);
    }
  }

  private static Result noTime(String text, String how) {
    return new Result.NoTime(
        "timestamp '%s': %s".formatted(Texts.kept(text, QUOTED_LENGTH_MAX), how));
  }

  /** What to say of a number in place of a timestamp: most likely it counts from 1970. */
  static String reasonForNumber(String number) {
    String guess = "";
    try {
      double value = Double.parseDouble(number);
      // Seconds since 1970 have ten digits in our time, milliseconds thirteen.
      double seconds = value >= 1e11 ? value / 1000 : value;
      if (seconds >= 1e8 && seconds < 1e10) {
        guess =
            "; if %s counts from 1970, that is \"%s\""
                .formatted(
                    Texts.kept(number, QUOTED_LENGTH_MAX), Instant.ofEpochSecond((long) seconds));
      }
    } catch (NumberFormatException e) {
      guess = "";
    }
    return "timestamp must be a text such as \"%s\", not a number%s".formatted(EXAMPLE, guess);
  }

  /** A time as it should be written. */
  public static String example() {
    return EXAMPLE;
  }

  private static int number(String text, int from, int length) {
    int number = 0;
    for (int i = from; i < from + length; i++) {
      number = number * 10 + (text.charAt(i) - '0');
    }
    return number;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
