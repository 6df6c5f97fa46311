package twin.training.lived;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;

/**
 * A stretch of reading time.
 *
 * @param from the first moment of it
 * @param to the first moment after it
 */
public record Span(Instant from, Instant to) {

  public Span {
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException(
          "the time to learn from must end after it begins, not run from %s to %s"
              .formatted(from, to));
    }
  }

  /**
   * A month of the calendar, in UTC.
   *
   * @throws IllegalArgumentException when the text is no month
   */
  public static Span ofMonth(String month) {
    try {
      YearMonth of = YearMonth.parse(month);
      return new Span(
          of.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant(),
          of.plusMonths(1).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant());
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "a month is written like 2025-11, not '%s'".formatted(month), e);
    }
  }

  /** Whether a moment is in it. */
  public boolean holds(Instant moment) {
    return !moment.isBefore(from) && moment.isBefore(to);
  }

  /** The moment at which a share of it has passed. */
  public Instant at(double share) {
    return from.plusMillis(Math.round(share * Duration.between(from, to).toMillis()));
  }
}
