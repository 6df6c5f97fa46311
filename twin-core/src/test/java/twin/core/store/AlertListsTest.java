package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.typesafe.config.Config;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Alerts in a real database: pages, figures and incidents. */
final class AlertListsTest {

  private static final Config CONFIG = TestDatabase.create();
  private static final Database DATABASE = TestDatabase.open(CONFIG);
  private static final Instant AT = Instant.parse("2025-11-07T15:00:00Z");

  private final AlertTable table = new AlertTable(DATABASE);
  private long revision;

  @AfterAll
  static void close() {
    DATABASE.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    TestDatabase.empty(CONFIG, "alerts", "alert_changes", "deadlines");
  }

  private static String severity(int n) {
    return List.of("low", "medium", "high", "critical").get(n % 4);
  }

  /** Puts an alert there, with the change that raised it. */
  private String put(
      String machine, @Nullable String line, String rule, String state, Instant raisedAt) {
    return put(machine, line, rule, state, "high", raisedAt, null);
  }

  private String put(
      String machine,
      @Nullable String line,
      String rule,
      String state,
      String severity,
      Instant raisedAt,
      @Nullable Instant dueAt) {
    revision++;
    String id = machine + "-" + revision;
    AlertRow row =
        new AlertRow(
            id,
            machine,
            new AlertRow.Origin("milling", line == null ? null : "Nord", null, line),
            rule,
            rule,
            severity,
            state,
            raisedAt,
            raisedAt,
            revision,
            AlertRow.Judged.NOTHING,
            dueAt,
            0,
            null);
    transaction(transaction -> table.upsert(transaction, row));
    raise(id, revision, raisedAt);
    return id;
  }

  private void raise(String id, long atRevision, Instant at) {
    AlertChange change =
        new AlertChange(
            id,
            atRevision,
            at,
            "normal",
            "unacknowledged",
            "high",
            true,
            new AlertChange.By("source", "mqtt:plant", ""),
            "{}");
    transaction(transaction -> table.add(transaction, change));
  }

  private interface InTransaction {
    void run(Transaction transaction);
  }

  private static void transaction(InTransaction work) {
    TestDatabase.handle(DATABASE, (transaction, event) -> work.run(transaction), NOBODY);
  }

  private static final CoarseEvent NOBODY =
      new CoarseEvent("1:1", "machine|m", 1, 8101, "alert", new byte[0], AT);

  private static AlertQuery query(int limit, @Nullable String cursor, String... states) {
    return new AlertQuery(
        List.of(states),
        List.of(),
        null,
        null,
        null,
        null,
        null,
        null,
        limit,
        cursor,
        SiteScope.ALL);
  }

  private Page<AlertRow> page(AlertQuery query) {
    return table.page(query).toCompletableFuture().join();
  }

  @Test
  void thoseThatAreOpenComeFirstAndTheNewestOfEachFirstOverAllPages() {
    for (int i = 0; i < 23; i++) {
      // Two of each time, so that the id decides too.
      put("m" + i, null, "rule", i % 3 == 0 ? "normal" : "unacknowledged", AT.plusSeconds(i / 2));
    }
    List<AlertRow> all = new ArrayList<>();
    String cursor = null;
    do {
      Page<AlertRow> page = page(query(4, cursor));
      assertThat(page.items()).hasSizeLessThanOrEqualTo(4);
      all.addAll(page.items());
      cursor = page.nextCursor();
    } while (cursor != null);
    assertThat(all).hasSize(23).doesNotHaveDuplicates();
    for (int i = 1; i < all.size(); i++) {
      AlertRow before = all.get(i - 1);
      AlertRow after = all.get(i);
      boolean bothOpen = !before.state().equals("normal") == !after.state().equals("normal");
      assertThat(bothOpen || after.state().equals("normal")).isTrue();
      assertThat(bothOpen && before.raisedAt().isBefore(after.raisedAt())).isFalse();
    }
    assertThatThrownBy(() -> page(query(4, "nonsense")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void eachFilterLeavesWhatItSays() {
    put("m1", "L1", "hot", "unacknowledged", "high", AT, null);
    put("m1", "L1", "cold", "normal", "low", AT.plusSeconds(1), null);
    put("m2", null, "hot", "shelved", "critical", AT.plusSeconds(2), AT.plusSeconds(60));
    assertThat(page(query(10, null)).items()).hasSize(3);
    assertThat(page(query(10, null, "normal")).items())
        .extracting(AlertRow::rule)
        .containsExactly("cold");
    assertThat(page(query(10, null, "shelved", "unacknowledged")).items())
        .extracting(AlertRow::machineId)
        .containsExactly("m2", "m1");
    assertThat(page(query(10, null, "shelved")).items().getFirst().dueAt())
        .isEqualTo(AT.plusSeconds(60));
    assertThat(found(new String[] {"low", "high"}, null, null, null, null, null)).hasSize(2);
    assertThat(found(new String[] {"critical"}, null, null, null, null, null)).hasSize(1);
    assertThat(found(new String[0], "m1", null, null, null, null)).hasSize(2);
    assertThat(found(new String[0], null, "Nord", null, null, null)).hasSize(2);
    assertThat(found(new String[0], null, null, "hot", null, null)).hasSize(2);
    assertThat(found(new String[0], null, null, null, AT.plusSeconds(1), AT.plusSeconds(2)))
        .extracting(AlertRow::rule)
        .containsExactly("cold");
  }

  @Test
  void whoSeesSomeSitesSeesTheAlertsOfTheirMachinesOnly() {
    put("north", "L1", "hot", "unacknowledged", AT);
    put("nowhere", null, "hot", "unacknowledged", AT);
    SiteScope north = new SiteScope(Set.of("Nord"));
    SiteScope south = new SiteScope(Set.of("Süd"));
    AlertQuery all = query(10, null);
    AlertQuery seen =
        new AlertQuery(List.of(), List.of(), null, null, null, null, null, null, 10, null, north);
    assertThat(page(all).items()).hasSize(2);
    assertThat(page(seen).items()).extracting(AlertRow::machineId).containsExactly("north");
    transaction(
        transaction ->
            table.place(transaction, "north", new FleetRow.Place("Süd", "A", "L9", Map.of())));
    assertThat(page(seen).items()).isEmpty();
    assertThat(raised(north)).isZero();
    assertThat(raised(south)).isEqualTo(1);
    assertThat(incidentsSeenBy(south)).extracting(Incident::line).containsExactly("L9");
  }

  private static long raised(SiteScope scope) {
    AlertStats.Wanted wanted = new AlertStats.Wanted(AT, AT.plusSeconds(60), 1, null, null, scope);
    return new AlertStatsQuery(DATABASE).of(wanted, AT).toCompletableFuture().join().raised();
  }

  private static List<Incident> incidentsSeenBy(SiteScope scope) {
    Incident.Wanted wanted =
        new Incident.Wanted(
            AT, AT.plusSeconds(60), Duration.ofMinutes(1), null, null, null, 10, null, scope);
    return new IncidentQuery(DATABASE).page(wanted).toCompletableFuture().join().items();
  }

  private List<AlertRow> found(
      String[] severities,
      @Nullable String machine,
      @Nullable String site,
      @Nullable String rule,
      @Nullable Instant from,
      @Nullable Instant to) {
    return page(new AlertQuery(
            List.of(),
            List.of(severities),
            machine,
            "milling",
            site,
            rule,
            from,
            to,
            10,
            null,
            SiteScope.ALL))
        .items();
  }

  @Test
  void aLifeHasEachChangeOnceAndTheVerdictIsTheNewest() {
    String id = put("m1", null, "hot", "unacknowledged", AT);
    long raised = revision;
    raise(id, raised, AT.plusSeconds(5));
    raise(id, raised + 7, AT.plusSeconds(7));
    transaction(transaction -> table.judge(transaction, id, "real", 20));
    transaction(transaction -> table.judge(transaction, id, "false", 10));
    assertThat(table.life(id, 10).toCompletableFuture().join())
        .extracting(AlertChange::revision, AlertChange::recordedAt)
        .containsExactly(tuple(raised, AT), tuple(raised + 7, AT.plusSeconds(7)));
    assertThat(table.life(id, 1).toCompletableFuture().join())
        .extracting(AlertChange::revision)
        .containsExactly(raised + 7);
    assertThat(table.get(id).toCompletableFuture().join().orElseThrow().verdict())
        .isEqualTo("real");
  }

  @Test
  void deadlinesAreThoseOfTheAlertsThatAreThere() throws SQLException {
    put("m1", null, "a", "shelved", "low", AT, AT.plusSeconds(60));
    put("m1", null, "b", "shelved", "low", AT, AT.plusSeconds(30));
    put("m1", null, "c", "unacknowledged", "low", AT, AT.plusSeconds(90));
    put("m1", null, "d", "acknowledged", "low", AT, AT.plusSeconds(5));
    put("m2", null, "a", "shelved", "low", AT, AT.plusSeconds(10));
    transaction(transaction -> table.setDeadlines(transaction, "m1"));
    assertThat(deadlines()).isEqualTo("escalate 90, unshelve 30");
    TestDatabase.empty(CONFIG, "alerts");
    transaction(transaction -> table.setDeadlines(transaction, "m1"));
    assertThat(deadlines()).isEqualTo("none");
  }

  private static String deadlines() throws SQLException {
    return TestDatabase.text(
        CONFIG,
        "select coalesce(string_agg(kind || ' ' || extract(epoch from due_at -"
            + " '2025-11-07T15:00:00Z')::int, ', ' order by kind), 'none') from deadlines");
  }

  private static AlertStats stats(Instant from, Instant to, int operators, Instant now) {
    return new AlertStatsQuery(DATABASE)
        .of(new AlertStats.Wanted(from, to, operators, "milling", null, SiteScope.ALL), now)
        .toCompletableFuture()
        .join();
  }

  @Test
  void theFiguresOfTheStandardAreCounted() {
    // A flood in the second ten minutes: twelve of one line, one of them three times in a minute.
    for (int i = 0; i < 12; i++) {
      put("m" + i, "L1", "hot", "normal", AT.plusSeconds(600 + i));
    }
    String chatters = "m0-1";
    raise(chatters, 100, AT.plusSeconds(620));
    raise(chatters, 101, AT.plusSeconds(650));
    put("standing", null, "cold", "acknowledged", AT);
    put("hidden", null, "cold", "suppressed", AT.plusSeconds(1500));
    AlertStats stats = stats(AT, AT.plusSeconds(3600), 1, AT.plus(Duration.ofHours(25)));
    assertThat(stats.raised()).isEqualTo(16);
    assertThat(stats.bySeverity()).containsEntry("high", 16L);
    assertThat(stats.intervals()).isEqualTo(6);
    assertThat(stats.floodIntervals()).isEqualTo(1);
    assertThat(stats.mostInAnInterval()).isEqualTo(14);
    assertThat(stats.openByState())
        .containsEntry("acknowledged", 1L)
        .containsEntry("suppressed", 1L);
    assertThat(stats.stale()).as("standing for more than a day").isEqualTo(1);
    assertThat(stats.chattering()).containsExactly(new AlertStats.Cause("m0", "hot", "hot", 1));
    assertThat(stats.mostFrequent()).hasSize(AlertStats.NAMED);
    assertThat(stats.mostFrequent().getFirst())
        .isEqualTo(new AlertStats.Cause("m0", "hot", "hot", 3));
    assertThat(stats(AT, AT.plusSeconds(3600), 2, AT).floodIntervals())
        .as("fourteen are no flood for two")
        .isZero();
    assertThat(stats(AT, AT.plusSeconds(3600), 1, AT).stale()).isZero();
  }

  private static Page<Incident> incidents(@Nullable Boolean open, int limit, @Nullable String at) {
    return new IncidentQuery(DATABASE)
        .page(
            new Incident.Wanted(
                AT.minusSeconds(3600),
                AT.plus(Duration.ofDays(1)),
                Duration.ofMinutes(10),
                null,
                null,
                open,
                limit,
                at,
                SiteScope.ALL))
        .toCompletableFuture()
        .join();
  }

  @Test
  void aHundredMachinesOfOneLineAreOneIncident() {
    String first = put("press", "L1", "hot", "normal", "low", AT.minusSeconds(20), null);
    for (int i = 0; i < 150; i++) {
      put("m%03d".formatted(i), "L1", "hot", "unacknowledged", severity(i), AT.plusMillis(i), null);
    }
    // Another line, a machine without one, and the same line an hour later.
    put("other", "L2", "hot", "acknowledged", AT);
    put("alone", null, "hot", "normal", AT);
    put("press", "L1", "hot", "normal", AT.plusSeconds(3600));
    Page<Incident> page = incidents(null, 10, null);
    assertThat(page.items()).hasSize(4);
    Incident flood =
        page.items().stream().filter(each -> each.alerts() > 1).findFirst().orElseThrow();
    assertThat(flood.incidentId()).isEqualTo(first);
    assertThat(flood.first()).isEqualTo(new Incident.First("press", "hot", "hot", "low"));
    assertThat(flood.alerts()).isEqualTo(151);
    assertThat(flood.open()).isEqualTo(150);
    assertThat(flood.unacknowledged()).isEqualTo(150);
    assertThat(flood.machines()).isEqualTo(151);
    assertThat(flood.machineIds()).hasSize(Incident.MACHINES_NAMED);
    assertThat(flood.severity()).isEqualTo("critical");
    assertThat(flood.startedAt()).isEqualTo(AT.minusSeconds(20));
    assertThat(incidents(true, 10, null).items()).hasSize(2);
    assertThat(incidents(false, 10, null).items()).hasSize(2);

    Set<String> paged = new HashSet<>();
    String cursor = null;
    do {
      Page<Incident> next = incidents(null, 1, cursor);
      next.items().forEach(each -> paged.add(each.incidentId()));
      cursor = next.nextCursor();
    } while (cursor != null);
    assertThat(paged).hasSize(4);
  }
}
