package twin.core.store;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a machine measured over an interval, stretch by stretch.
 *
 * @param resolution how long the stretches are
 * @param rows in the order of time; the last may still be growing
 * @param rowsRead how many rows of the database it was made of
 */
public record PeriodHistory(PeriodResolution resolution, List<PeriodRow> rows, int rowsRead) {

  public PeriodHistory {
    rows = List.copyOf(rows);
  }

  /** The same with what no row has yet, unless there is a row by now that has it. */
  public PeriodHistory with(PeriodRow open) {
    if (rows.isEmpty()) {
      return new PeriodHistory(resolution, List.of(open), rowsRead);
    }
    PeriodRow last = rows.getLast();
    if (open.firstRevision() <= last.lastRevision()) {
      return this;
    }
    List<PeriodRow> all = new ArrayList<>(rows);
    Instant start = resolution.startOf(open.from());
    if (resolution != PeriodResolution.PERIOD && last.startsAt().equals(start)) {
      all.set(all.size() - 1, last.with(open));
    } else {
      all.add(open);
    }
    return new PeriodHistory(resolution, all, rowsRead);
  }

  /**
   * The same with so many rows at most: neighbours in equal stretches of time become one, with the
   * extremes of all of them and the mean of all their values.
   */
  public PeriodHistory thinned(int points) {
    if (rows.size() <= points) {
      return this;
    }
    Instant first = rows.getFirst().from();
    double seconds = seconds(Duration.between(first, rows.getLast().from()));
    Map<Long, PeriodRow> stretches = new LinkedHashMap<>();
    for (PeriodRow row : rows) {
      double share = seconds(Duration.between(first, row.from())) / seconds;
      stretches.merge(Math.min(points - 1, (long) (share * points)), row, PeriodRow::with);
    }
    return new PeriodHistory(resolution, List.copyOf(stretches.values()), rowsRead);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
