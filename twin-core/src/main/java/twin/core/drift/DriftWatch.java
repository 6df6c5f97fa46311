package twin.core.drift;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.inference.BundleManifest;
import twin.core.inference.ModelProfile;
import twin.core.inference.Models;
import twin.core.inference.StoredBundle;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.core.store.AlertChange;
import twin.core.store.AlertFollower;
import twin.core.store.AlertRow;
import twin.core.store.Counted;
import twin.core.store.DriftTable;
import twin.core.store.DriftVerdict;
import twin.core.store.Transaction;

/**
 * Watches how inputs and answers of the bundles that decide are spread. Each node counts samples of
 * what its own twins live through, and adds them now and then to what all have counted, so that the
 * fleet's figures are the same wherever they are asked for. What has not been added yet when a node
 * dies, or while the database is away, is not counted: they are samples.
 *
 * <p>Of a type's machines a node samples the newest reading of a command, at random moments, so
 * many a second: what it costs does not grow with the number of readings.
 *
 * <p>Safe for use by many threads.
 */
public final class DriftWatch implements Consumer<TwinChanged> {

  private static final Logger log = LoggerFactory.getLogger(DriftWatch.class);

  /** Bundles that a node watches at a time; more are only in use when machines have their own. */
  private static final int BUNDLES_MAX = 200;

  private static final long NANOS_A_SECOND = 1_000_000_000;

  private final DriftTable table;
  private final Models models;
  private final DriftSettings settings;
  private final InstantSource clock;
  private final List<AlertFollower> followers;
  private final MultiGauge indices;
  private final MultiGauge distances;
  private final MultiGauge qualities;
  private final long nanosBetweenSamples;
  private final ConcurrentMap<Bundle, Watched> watched = new ConcurrentHashMap<>();
  private final Set<Bundle> wanted = ConcurrentHashMap.newKeySet();

  /** Which bundle. */
  private record Bundle(String type, String version) {}

  /** A bundle that decides for machines of this node. */
  private static final class Watched {
    private final Census census;
    private final AtomicLong nextNanos = new AtomicLong(System.nanoTime());

    Watched(Census census) {
      this.census = census;
    }
  }

  /** Watches nothing yet; for the node's own use of it see {@link #start}. */
  DriftWatch(
      DriftTable table,
      Models models,
      DriftSettings settings,
      InstantSource clock,
      List<AlertFollower> followers,
      MeterRegistry registry) {
    this.table = table;
    this.models = models;
    this.settings = settings;
    this.clock = clock;
    this.followers = List.copyOf(followers);
    this.nanosBetweenSamples = NANOS_A_SECOND / settings.samplesPerSecond();
    this.indices =
        MultiGauge.builder("twin.model.drift")
            .description("Population stability index of what a type's champion is given or answers")
            .register(registry);
    this.distances =
        MultiGauge.builder("twin.model.drift.ks")
            .description("Kolmogorov-Smirnov statistic of the same")
            .register(registry);
    this.qualities =
        MultiGauge.builder("twin.channel.faulty")
            .description("Share of a type's readings whose value of a channel cannot be trusted")
            .register(registry);
  }

  /**
   * Looks now and then until the system stops.
   *
   * @param followers hear of drift as of alerts, in the transaction that writes it down
   */
  public static DriftWatch start(
      DriftTable table,
      Models models,
      DriftSettings settings,
      InstantSource clock,
      List<AlertFollower> followers,
      MeterRegistry registry,
      ActorSystem<?> system) {
    DriftWatch watch = new DriftWatch(table, models, settings, clock, followers, registry);
    Duration every = settings.writeEvery();
    system
        .scheduler()
        .scheduleWithFixedDelay(
            every,
            every,
            () ->
                watch
                    .look()
                    .whenComplete(
                        (done, failure) -> {
                          if (failure != null) {
                            log.debug("what was counted of bundles is not known", failure);
                          }
                        }),
            system.executionContext());
    return watch;
  }

  @Override
  public void accept(TwinChanged changed) {
    MachineState state = changed.state();
    ModelProfile model = state.model();
    if (model == null || !hasReadings(changed)) {
      return;
    }
    Bundle bundle = new Bundle(state.typeName(), model.ref().version());
    Watched watching = watched.get(bundle);
    if (watching == null) {
      // Its manifest is read with the next look, not on the way of a reading.
      if (wanted.size() < BUNDLES_MAX) {
        wanted.add(bundle);
      }
      return;
    }
    long next = watching.nextNanos.get();
    long now = System.nanoTime();
    if (now - next < 0
        || !watching.nextNanos.compareAndSet(
            next, now + ThreadLocalRandom.current().nextLong(2 * nanosBetweenSamples))) {
      return;
    }
    synchronized (watching) {
      watching.census.add(state);
    }
  }

  private static boolean hasReadings(TwinChanged changed) {
    for (JournalEntry entry : changed.entries()) {
      if (entry.event() instanceof MachineEvent.ReadingsRecorded) {
        return true;
      }
    }
    return false;
  }

  /** Adds what was counted, and judges what all have counted. */
  CompletionStage<List<DriftReport>> look() {
    Instant now = clock.instant();
    begin();
    long slot = table.slotOf(now);
    List<Counted.InSlot> rows = new ArrayList<>();
    watched.forEach(
        (bundle, watching) -> {
          synchronized (watching) {
            watching
                .census
                .take()
                .forEach(
                    (measure, counts) ->
                        rows.add(
                            new Counted.InSlot(
                                measure.in(bundle.type(), bundle.version()),
                                slot,
                                Arrays.stream(counts).boxed().toList())));
          }
        });
    return table
        .add(rows, List.of(Measure.Kind.ANSWER.label()), now, settings.window())
        .thenCompose(added -> table.removeBefore(slot - Units.SLOTS))
        .thenCompose(removed -> table.verdicts(""))
        .thenCompose(before -> reports("", now, before).thenCompose(all -> judged(all, before)))
        .thenApply(this::measured);
  }

  /** Begins to count what readings have been seen of. */
  private void begin() {
    if (wanted.isEmpty()) {
      return;
    }
    if (watched.size() + wanted.size() > BUNDLES_MAX) {
      watched.values().removeIf(each -> each.census.readings() == 0);
    }
    Map<Bundle, BundleManifest> manifests = manifests();
    for (Bundle bundle : List.copyOf(wanted)) {
      if (watched.size() < BUNDLES_MAX) {
        watched.putIfAbsent(bundle, new Watched(new Census(manifests.get(bundle))));
      }
      wanted.remove(bundle);
    }
  }

  private Map<Bundle, BundleManifest> manifests() {
    return models.stored().stream()
        .filter(bundle -> bundle.manifest() != null)
        .collect(
            Collectors.toMap(
                bundle -> new Bundle(bundle.type(), bundle.version()),
                bundle -> Objects.requireNonNull(bundle.manifest()),
                (one, other) -> one));
  }

  /** What all nodes have counted of the bundle that decides for a type. */
  public CompletionStage<DriftReport> ofType(String type) {
    Instant now = clock.instant();
    Bundle bundle = new Bundle(type, champion(type).orElse(""));
    return table
        .verdicts(type)
        .thenCompose(before -> reports(type, now, before))
        .thenApply(
            reports ->
                reports.stream()
                    .filter(report -> report.version().equals(bundle.version()))
                    .findFirst()
                    .orElseGet(() -> report(bundle, List.of(), List.of(), List.of(), now)));
  }

  private Optional<String> champion(String type) {
    return models.champion(type, "").map(session -> session.profile().ref().version());
  }

  private CompletionStage<List<DriftReport>> reports(
      String type, Instant now, List<DriftVerdict> before) {
    long first = table.slotOf(now) - Units.SLOTS + 1;
    return table
        .since(type, first)
        .thenCombine(
            table.firstWindows(type, now),
            (rows, firsts) -> {
              Map<Bundle, List<Counted.InSlot>> bundles = new LinkedHashMap<>();
              for (Counted.InSlot row : rows) {
                bundles.computeIfAbsent(bundle(row.what()), bundle -> new ArrayList<>()).add(row);
              }
              List<DriftReport> reports = new ArrayList<>();
              bundles.forEach(
                  (bundle, own) -> reports.add(report(bundle, own, firsts, before, now)));
              return reports;
            });
  }

  private static Bundle bundle(Counted what) {
    return new Bundle(what.machineType(), what.version());
  }

  private DriftReport report(
      Bundle bundle,
      List<Counted.InSlot> rows,
      List<Counted.First> firsts,
      List<DriftVerdict> before,
      Instant now) {
    Map<Measure, Counted.First> first = new HashMap<>();
    firsts.stream()
        .filter(each -> bundle(each.what()).equals(bundle))
        .forEach(each -> first.put(Measure.of(each.what()), each));
    Map<Measure, DriftVerdict> thought = new HashMap<>();
    before.stream()
        .filter(each -> bundle(each.what()).equals(bundle))
        .forEach(each -> thought.put(Measure.of(each.what()), each));
    return new DriftReport.Compared(
            bundle.type(),
            bundle.version(),
            manifest(bundle.type(), bundle.version()),
            first.values().stream().anyMatch(Counted.First::complete),
            DriftReport.byMeasure(rows),
            first,
            thought)
        .report(null, now.minus(settings.window()), now, settings);
  }

  @Nullable BundleManifest manifest(String type, String version) {
    return models.stored().stream()
        .filter(bundle -> bundle.type().equals(type) && bundle.version().equals(version))
        .map(StoredBundle::manifest)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** Writes down what is thought now where it is not what was thought before, and tells it. */
  private CompletionStage<List<DriftReport>> judged(
      List<DriftReport> reports, List<DriftVerdict> before) {
    Map<Counted, DriftVerdict> known = new HashMap<>();
    before.forEach(each -> known.put(each.what(), each));
    CompletionStage<?> written = CompletableFuture.completedStage(true);
    for (DriftReport report : reports) {
      for (Drift drift : report.drifts()) {
        Counted what = drift.measure().in(report.type(), report.version());
        DriftVerdict present = known.get(what);
        String thought = present == null ? Drift.Verdict.UNKNOWN.label() : present.verdict();
        if (!thought.equals(drift.verdict().label())) {
          DriftVerdict now =
              new DriftVerdict(
                  what,
                  drift.verdict().label(),
                  report.to(),
                  present == null ? 0 : present.revision());
          written =
              written.thenCompose(
                  done ->
                      table.judge(
                          now, transaction -> tell(transaction, report, drift, thought, now)));
        }
      }
    }
    return written.thenApply(done -> reports);
  }

  private void tell(
      Transaction transaction,
      DriftReport report,
      Drift drift,
      String thought,
      DriftVerdict verdict) {
    boolean drifts = drift.verdict() == Drift.Verdict.DRIFT;
    if (!drifts && !thought.equals(Drift.Verdict.DRIFT.label())) {
      return;
    }
    String model = report.type() + ":" + report.version();
    String id = AlertRow.DRIFT + ":" + model + ":" + drift.measure().name();
    long revision = verdict.revision() + 1;
    String state = drifts ? "unacknowledged" : "normal";
    String severity = settings.severity().label();
    log.warn(
        "{} of {} {}: population stability index {}",
        drift.measure().name(),
        model,
        drifts ? "has drifted" : "is as expected again",
        drift.divergence().psi());
    AlertRow alert =
        new AlertRow(
            id,
            model,
            new AlertRow.Origin(report.type(), null, null, null),
            AlertRow.DRIFT,
            "drift of " + drift.measure().name(),
            severity,
            state,
            verdict.since(),
            verdict.since(),
            revision,
            AlertRow.Judged.NOTHING,
            null,
            0,
            null);
    AlertChange change =
        new AlertChange(
            id,
            revision,
            verdict.since(),
            drifts ? "normal" : "unacknowledged",
            state,
            severity,
            drifts,
            new AlertChange.By("program", "", ""),
            detail(model, drift.divergence()));
    followers.forEach(follower -> follower.changed(transaction, alert, change));
  }

  /** Of what has no readings any more there are no figures. */
  private static String detail(String model, Divergence divergence) {
    ObjectNode detail = JsonNodeFactory.instance.objectNode().put("model", model);
    if (Double.isFinite(divergence.psi())) {
      detail.put("psi", divergence.psi());
    }
    if (Double.isFinite(divergence.ks())) {
      detail.put("ks", divergence.ks());
    }
    return detail.toString();
  }

  /** Shows what is known of the bundles that decide for whole types. */
  private List<DriftReport> measured(List<DriftReport> reports) {
    List<MultiGauge.Row<?>> psi = new ArrayList<>();
    List<MultiGauge.Row<?>> ks = new ArrayList<>();
    List<MultiGauge.Row<?>> faulty = new ArrayList<>();
    for (DriftReport report : reports) {
      if (champion(report.type()).filter(report.version()::equals).isPresent()) {
        for (Drift drift : report.drifts()) {
          Tags tags =
              Tags.of(
                  "type", report.type(),
                  "of", drift.measure().kind().label(),
                  "input", drift.measure().name());
          psi.add(MultiGauge.Row.of(tags, drift.divergence().psi()));
          ks.add(MultiGauge.Row.of(tags, drift.divergence().ks()));
        }
        report
            .quality()
            .channels()
            .forEach(
                channel ->
                    faulty.add(
                        MultiGauge.Row.of(
                            Tags.of("type", report.type(), "channel", channel.channel()),
                            1 - channel.good())));
      }
    }
    indices.register(psi, true);
    distances.register(ks, true);
    qualities.register(faulty, true);
    return reports;
  }
}
