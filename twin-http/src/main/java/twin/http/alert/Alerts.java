package twin.http.alert;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import twin.core.store.AlertChange;
import twin.core.store.AlertQuery;
import twin.core.store.AlertRow;
import twin.core.store.AlertStats;
import twin.core.store.AlertStatsQuery;
import twin.core.store.AlertTable;
import twin.core.store.Incident;
import twin.core.store.IncidentQuery;
import twin.core.store.Page;

/**
 * Where alerts are looked up.
 *
 * @param page a page of them; refuses what cannot be with an {@link IllegalArgumentException}
 * @param get one of them
 * @param life what has happened to one, the newest so many changes, the newest last
 * @param stats figures of an interval, what is open being counted now
 * @param incidents a page of incidents; refuses as {@code page} does
 */
public record Alerts(
    Function<AlertQuery, CompletionStage<Page<AlertRow>>> page,
    Function<String, CompletionStage<Optional<AlertRow>>> get,
    BiFunction<String, Integer, CompletionStage<List<AlertChange>>> life,
    BiFunction<AlertStats.Wanted, Instant, CompletionStage<AlertStats>> stats,
    Function<Incident.Wanted, CompletionStage<Page<Incident>>> incidents) {

  /** Alerts as the read side keeps them. */
  public static Alerts of(AlertTable table, AlertStatsQuery stats, IncidentQuery incidents) {
    return new Alerts(table::page, table::get, table::life, stats::of, incidents::page);
  }
}
