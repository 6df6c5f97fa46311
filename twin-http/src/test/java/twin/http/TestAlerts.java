package twin.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import twin.core.store.AlertChange;
import twin.core.store.AlertQuery;
import twin.core.store.AlertRow;
import twin.core.store.AlertStats;
import twin.core.store.Incident;
import twin.core.store.Page;
import twin.http.alert.Alerts;

/**
 * Alerts as a test puts them here, and what was asked for. The real tables have tests of their own.
 */
final class TestAlerts {

  final Map<String, AlertRow> rows = new ConcurrentSkipListMap<>();
  final Map<String, List<AlertChange>> lives = new ConcurrentSkipListMap<>();
  final List<Incident> incidents = new CopyOnWriteArrayList<>();
  final List<AlertQuery> queries = new CopyOnWriteArrayList<>();
  final List<Incident.Wanted> incidentQueries = new CopyOnWriteArrayList<>();
  final List<AlertStats.Wanted> statsQueries = new CopyOnWriteArrayList<>();
  volatile AlertStats stats =
      new AlertStats(0, Map.of(), 0, 0, 0, Map.of(), 0, List.of(), List.of());

  Alerts asked() {
    return new Alerts(
        query -> {
          queries.add(query);
          return CompletableFuture.completedFuture(new Page<>(List.copyOf(rows.values()), null));
        },
        id -> CompletableFuture.completedFuture(Optional.ofNullable(rows.get(id))),
        (id, most) -> CompletableFuture.completedFuture(lives.getOrDefault(id, List.of())),
        (wanted, now) -> {
          statsQueries.add(wanted);
          return CompletableFuture.completedFuture(stats);
        },
        wanted -> {
          incidentQueries.add(wanted);
          return CompletableFuture.completedFuture(new Page<>(List.copyOf(incidents), null));
        });
  }
}
