package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FleetTableTest {
  private static final Config CONFIG = TestDatabase.create();
  private static final Database DATABASE = TestDatabase.open(CONFIG);

  private static final List<String> STATUSES =
      List.of("alarm", "watch", "stale", "unknown", "normal");

  private final FleetTable fleet = new FleetTable(DATABASE);

  @AfterAll
  static void close() {
    DATABASE.close();
  }

  @BeforeEach
  void empty() {
    DATABASE.update(c -> Sql.of("delete from machines").update(c)).toCompletableFuture().join();
  }

  @Test
  void returnsWhatWasPut() {
    FleetRow row =
        new FleetRow(
            "press-7",
            "milling",
            new FleetRow.Place("Nord", "A", "L1", Map.of("maker", "Ünïcode \"GmbH\"")),
            new FleetRow.Condition("watch", 0.6, 0.25, 171.5, "min", "overstrain", "milling:1.0.0"),
            new FleetRow.OpenAlerts(2, "high"),
            17,
            Instant.parse("2025-11-07T15:10:01.123Z"),
            Instant.parse("2025-11-07T15:10:02Z"),
            false);
    assertThat(upsert(row)).isTrue();
    assertThat(fleet.get("press-7").toCompletableFuture().join()).contains(row);
    FleetRow bare = row("bare", 1, null, null);
    assertThat(upsert(bare)).isTrue();
    assertThat(fleet.get("bare").toCompletableFuture().join()).contains(bare);
  }

  @Test
  void neverPutsAnOlderRevisionInThePlaceOfANewer() {
    assertThat(upsert(row("m", 5, 0.5, null))).isTrue();
    assertThat(upsert(row("m", 4, 0.4, null))).isFalse();
    assertThat(upsert(row("m", 5, 0.9, null))).isFalse();
    assertThat(upsert(row("m", 6, 0.6, null))).isTrue();
    assertThat(fleet.get("m").toCompletableFuture().join()).contains(row("m", 6, 0.6, null));
  }

  @ParameterizedTest
  @EnumSource
  void pagesThroughAllOnceInOrder(FleetQuery.Sort sort) {
    long seed = 20251107;
    System.out.println("FleetTableTest seed " + seed);
    Random random = new Random(seed);
    List<FleetRow> rows = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      // Few different values, so that pages end among equals; and some unknown.
      Double score = random.nextInt(5) == 0 ? null : random.nextInt(7) / 7.0;
      Double rul = random.nextInt(5) == 0 ? null : random.nextInt(7) / 3.0;
      FleetRow row = row((random.nextBoolean() ? "M-" : "m_") + i, 1, score, rul);
      Double health = score == null ? null : 1 - score;
      rows.add(inCondition(row, STATUSES.get(random.nextInt(STATUSES.size())), health));
    }
    rows.forEach(this::upsert);
    Comparator<FleetRow> byId = Comparator.comparing(FleetRow::machineId);
    Comparator<FleetRow> order =
        switch (sort) {
          case ID -> byId;
          case RUL ->
              Comparator.<FleetRow>comparingDouble(
                      row -> orElse(row.condition().rulP50(), Double.POSITIVE_INFINITY))
                  .thenComparing(byId);
          case SCORE ->
              Comparator.<FleetRow>comparingDouble(
                      row -> orElse(row.condition().anomalyScore(), Double.NEGATIVE_INFINITY))
                  .thenComparing(byId)
                  .reversed();
          case HEALTH ->
              Comparator.<FleetRow>comparingDouble(
                      row -> orElse(row.condition().health(), Double.POSITIVE_INFINITY))
                  .thenComparing(byId);
          case STATUS ->
              Comparator.<FleetRow>comparingInt(row -> STATUSES.indexOf(row.condition().status()))
                  .thenComparing(byId);
        };
    assertThat(all(FleetQuery.all(sort, 7)))
        .containsExactlyElementsOf(rows.stream().sorted(order).toList());
  }

  private static FleetRow inCondition(FleetRow row, String status, @Nullable Double health) {
    FleetRow.Condition condition = row.condition();
    return new FleetRow(
        row.machineId(),
        row.machineType(),
        row.place(),
        new FleetRow.Condition(
            status, health, condition.anomalyScore(), condition.rulP50(), null, null, null),
        row.alerts(),
        row.revision(),
        null,
        null,
        false);
  }

  private static FleetRow in(FleetRow row, FleetRow.Place place) {
    return new FleetRow(
        row.machineId(),
        row.machineType(),
        place,
        row.condition(),
        row.alerts(),
        row.revision(),
        null,
        null,
        false);
  }

  private static double orElse(@Nullable Double value, double absent) {
    return value == null ? absent : value;
  }

  @Test
  void filters() {
    upsert(row("a%b", 1, 0.9, 10.0));
    upsert(row("axb", 1, 0.1, 100.0));
    upsert(row("other", 1, null, null));
    FleetRow gone = row("gone", 1, 0.9, 10.0);
    upsert(
        new FleetRow(
            gone.machineId(),
            gone.machineType(),
            gone.place(),
            gone.condition(),
            gone.alerts(),
            2,
            null,
            null,
            true));
    assertThat(ids(null, null, "A%B", null, null)).containsExactly("a%b");
    assertThat(ids(null, null, "ORD A", null, null)).isEmpty();
    assertThat(ids(null, null, "oRD", null, null)).containsExactly("a%b", "axb", "other");
    assertThat(ids(null, null, null, 100.0, null)).containsExactly("a%b");
    assertThat(ids(null, null, null, null, 0.05)).containsExactly("a%b", "axb");
    assertThat(ids("milling", "unknown", null, null, null)).containsExactly("a%b", "axb", "other");
    assertThat(ids("pump", null, null, null, null)).isEmpty();
    assertThat(ids(null, null, "nord", null, null)).hasSize(3);
    assertThat(fleet.counts(FleetQuery.Column.SITE, FleetFilter.NONE).toCompletableFuture().join())
        .containsExactly(new FleetQuery.Count("Nord", 3));
    assertThat(fleet.counts(FleetQuery.Column.AREA, FleetFilter.NONE).toCompletableFuture().join())
        .containsExactly(new FleetQuery.Count(null, 3));
  }

  @Test
  void findsTextAcrossThePlaceWhateverTheCase() {
    upsert(
        in(row("press-1", 1, null, null), new FleetRow.Place("Århus", null, "Linie Ü", Map.of())));
    upsert(in(row("press-2", 1, null, null), new FleetRow.Place(null, "제1공장", null, Map.of())));
    assertThat(ids(null, null, "ÅRHUS linie ü", null, null)).containsExactly("press-1");
    assertThat(ids(null, null, "-2 제1공", null, null)).containsExactly("press-2");
    assertThat(ids(null, null, "PRESS", null, null)).containsExactly("press-1", "press-2");
  }

  @Test
  void countsWhatTheFiltersLetPass() {
    upsert(row("a", 1, 0.9, 10.0));
    upsert(row("b", 1, 0.1, 100.0));
    FleetRow alarmed =
        in(row("c", 1, 0.9, 5.0), new FleetRow.Place("Nord", "Hall 2", null, Map.of()));
    upsert(
        new FleetRow(
            alarmed.machineId(),
            alarmed.machineType(),
            alarmed.place(),
            alarmed.condition(),
            new FleetRow.OpenAlerts(2, "high"),
            1,
            null,
            null,
            false));
    FleetFilter open =
        new FleetFilter(null, null, null, "Hall 2", null, null, null, null, true, SiteScope.ALL);
    FleetFilter calm =
        new FleetFilter(null, null, null, null, null, null, null, null, false, SiteScope.ALL);
    assertThat(all(new FleetQuery(open, FleetQuery.Sort.ID, 9, null)))
        .extracting(FleetRow::machineId)
        .containsExactly("c");
    assertThat(fleet.counts(FleetQuery.Column.SEVERITY, open).toCompletableFuture().join())
        .containsExactly(new FleetQuery.Count("high", 1));
    assertThat(fleet.counts(FleetQuery.Column.SEVERITY, calm).toCompletableFuture().join())
        .containsExactly(new FleetQuery.Count(null, 2));
  }

  @Test
  void showsWhoSeesSomeSitesNoOthers() {
    upsert(row("a", 1, null, null));
    FleetFilter nord = FleetFilter.of(new SiteScope(Set.of("Nord", "Ost")));
    FleetFilter west = FleetFilter.of(new SiteScope(Set.of("West")));
    assertThat(all(new FleetQuery(nord, FleetQuery.Sort.ID, 2, null))).hasSize(1);
    assertThat(all(new FleetQuery(west, FleetQuery.Sort.ID, 2, null))).isEmpty();
    assertThat(fleet.counts(FleetQuery.Column.TYPE, nord).toCompletableFuture().join())
        .containsExactly(new FleetQuery.Count("milling", 1));
    assertThat(fleet.counts(FleetQuery.Column.TYPE, west).toCompletableFuture().join()).isEmpty();
  }

  @Test
  void refusesACursorOfAnotherSort() {
    upsert(row("a", 1, 0.9, 10.0));
    upsert(row("b", 1, 0.9, 10.0));
    String cursor =
        fleet.page(FleetQuery.all(FleetQuery.Sort.ID, 1)).toCompletableFuture().join().nextCursor();
    assertThat(cursor).isNotNull();
    for (String wrong : List.of("x", "", cursor)) {
      assertThatThrownBy(() -> fleet.page(FleetQuery.all(FleetQuery.Sort.RUL, 1).from(wrong)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void pagesThroughAnIndex(FleetQuery.Sort sort) throws SQLException {
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      Sql.of(
              """
              insert into machines (machine_id, machine_type, status, anomaly_score, rul_p50,
                revision)
              select 'machine-' || n, 'milling', 'normal', random(), 1000 * random(), 1
              from generate_series(1, 20000) n
              """)
          .update(connection);
      Sql.of("analyze machines").update(connection);
      String cursor =
          fleet.page(FleetQuery.all(sort, 50)).toCompletableFuture().join().nextCursor();
      Sql explain = Sql.of("explain (analyze, costs off, timing off, summary off)");
      FleetTable.pageQuery(FleetQuery.all(sort, 50).from(cursor)).appendTo(explain);
      String plan = String.join("\n", explain.list(connection, row -> row.getString(1)));
      assertThat(plan).contains("Index Scan").contains("Index Cond").doesNotContain("Sort");
    }
  }

  private List<String> ids(
      @Nullable String type,
      @Nullable String status,
      @Nullable String q,
      @Nullable Double rulBelow,
      @Nullable Double scoreAbove) {
    return all(
            new FleetQuery(
                new FleetFilter(
                    type, status, null, null, null, q, rulBelow, scoreAbove, null, SiteScope.ALL),
                FleetQuery.Sort.ID,
                2,
                null))
        .stream()
        .map(FleetRow::machineId)
        .toList();
  }

  private List<FleetRow> all(FleetQuery query) {
    List<FleetRow> result = new ArrayList<>();
    Page<FleetRow> page = fleet.page(query).toCompletableFuture().join();
    result.addAll(page.items());
    while (page.nextCursor() != null) {
      page = fleet.page(query.from(page.nextCursor())).toCompletableFuture().join();
      result.addAll(page.items());
    }
    return result;
  }

  private boolean upsert(FleetRow row) {
    return DATABASE
        .inTransaction(connection -> fleet.upsert(new Transaction(connection), row))
        .toCompletableFuture()
        .join();
  }

  private static FleetRow row(
      String id, long revision, @Nullable Double score, @Nullable Double rul) {
    return new FleetRow(
        id,
        "milling",
        new FleetRow.Place("Nord", null, null, Map.of()),
        new FleetRow.Condition("unknown", null, score, rul, null, null, null),
        FleetRow.OpenAlerts.NONE,
        revision,
        null,
        null,
        false);
  }
}
