package twin.core.model;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.inference.BundleName;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.inference.StoredBundle;
import twin.core.machine.TwinChanged;
import twin.core.registry.BundleSupply;
import twin.core.registry.Pointer;
import twin.core.registry.RegistryException;
import twin.core.store.ModelChoice;
import twin.core.store.ModelChoiceTable;

/**
 * The bundles in force on this node: those that somebody has chosen for a machine or its type, and
 * elsewhere those of the folder. What was chosen through another node is in force here after the
 * next look. A twin takes another bundle over with its machine's next reading; choosing one writes
 * a row, however many machines there are.
 *
 * <p>A champion that has just been promoted has the one before it in its shadow for a while. When
 * it fails, is slow, or judges too many readings otherwise, it is taken back.
 *
 * <p>Safe for use by many threads.
 */
public final class ModelCatalogue implements Models, Consumer<TwinChanged> {

  private static final Logger log = LoggerFactory.getLogger(ModelCatalogue.class);
  private static final String PROGRAM = "program";

  private final ModelChoiceTable table;
  private final Models bundles;
  private final BundleSupply supply;
  private final ModelSettings settings;
  private final InstantSource clock;
  private volatile Known known = new Known(Map.of(), Map.of());

  /** Something cannot be chosen as things are; the message says what to do. */
  public static final class RefusedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public RefusedException(String message) {
      super(message);
    }
  }

  /** For which machines something is chosen. */
  private record Place(String type, String machineId) {}

  /**
   * What the last look found.
   *
   * @param chosen by type and machine
   * @param trials by type, where a champion is on probation
   */
  private record Known(Map<Place, Chosen> chosen, Map<String, Trial> trials) {
    Optional<Chosen> of(String type, String machineId) {
      if (chosen.isEmpty()) {
        return Optional.empty();
      }
      Chosen own = chosen.get(new Place(type, machineId));
      return Optional.ofNullable(own == null ? chosen.get(new Place(type, "")) : own);
    }
  }

  /**
   * A choice with its bundles open.
   *
   * @param champion the one that was chosen, or the last good one where that cannot be opened;
   *     null: none was chosen, or there is none
   * @param shadow null: none was chosen, or it cannot be opened
   * @param lacking those that were chosen and cannot be opened here
   */
  private record Chosen(
      ModelChoice choice,
      @Nullable ModelSession champion,
      @Nullable ModelSession shadow,
      List<BundleName> lacking) {}

  private ModelCatalogue(
      ModelChoiceTable table,
      Models bundles,
      BundleSupply supply,
      ModelSettings settings,
      InstantSource clock) {
    this.table = table;
    this.bundles = bundles;
    this.supply = supply;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Looks once before it returns, so that no reading is judged by another bundle than is meant, and
   * then now and then until the system stops. Where chosen bundles are not here yet, it waits a
   * while for them to come.
   *
   * @param bundles opens bundles, and says which decide where nothing was chosen
   * @param supply brings those that are not there
   */
  public static ModelCatalogue watch(
      ModelChoiceTable table,
      Models bundles,
      BundleSupply supply,
      ModelSettings settings,
      InstantSource clock,
      ActorSystem<?> system) {
    ModelCatalogue catalogue = new ModelCatalogue(table, bundles, supply, settings, clock);
    catalogue.look().toCompletableFuture().join();
    catalogue.awaitLacking();
    Duration every = settings.lookEvery();
    system
        .scheduler()
        .scheduleWithFixedDelay(every, every, catalogue::lookAgain, system.executionContext());
    return catalogue;
  }

  private void awaitLacking() {
    List<CompletableFuture<Boolean>> coming =
        lacking().stream().map(name -> supply.want(name).toCompletableFuture()).toList();
    if (!coming.isEmpty()) {
      CompletableFuture<?> waited =
          CompletableFuture.allOf(coming.toArray(CompletableFuture[]::new))
              .completeOnTimeout(
                  null, supply.settings().waitAtStart().toMillis(), TimeUnit.MILLISECONDS);
      waited.join();
      look().toCompletableFuture().join();
    }
  }

  private Set<BundleName> lacking() {
    return known.chosen().values().stream()
        .flatMap(chosen -> chosen.lacking().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Bundles that were chosen and cannot be opened on this node, so that others go on deciding, each
   * with what is known of why.
   */
  public SortedMap<BundleName, String> missing() {
    SortedMap<BundleName, String> missing = new TreeMap<>();
    lacking().forEach(name -> missing.put(name, supply.trouble(name)));
    return missing;
  }

  @Override
  public Optional<ModelSession> champion(String type, String machineId) {
    Optional<ModelSession> own =
        known.of(type, machineId).map(Chosen::champion).or(() -> ofType(type));
    return own.isPresent() ? own : bundles.champion(type, machineId);
  }

  private Optional<ModelSession> ofType(String type) {
    return known.of(type, "").map(Chosen::champion);
  }

  @Override
  public Optional<ModelSession> shadow(String type, String machineId) {
    return known.of(type, machineId).map(Chosen::shadow);
  }

  @Override
  public Optional<ModelSession> bundle(String type, String version) {
    return bundles.bundle(type, version);
  }

  @Override
  public Optional<ModelSession> bundle(ModelRef ref) {
    return bundles.bundle(ref);
  }

  @Override
  public List<StoredBundle> stored() {
    return bundles.stored().stream()
        .map(
            bundle ->
                bundle.as(
                    is(champion(bundle.type(), ""), bundle), is(shadow(bundle.type(), ""), bundle)))
        .toList();
  }

  /** Which registry there is, if there is one. */
  public Optional<String> registry() {
    return supply.place();
  }

  /** What the registry has; see {@link BundleSupply#listed}. */
  public CompletionStage<List<BundleName>> inRegistry() {
    return supply.listed();
  }

  /**
   * Brings what the registry has and the folder lacks, and lets the registry's pointers say what is
   * in force. What decides goes on deciding, after the next start too.
   *
   * @param by who wants it
   * @param progress is told how much of it is done, 0 to 1
   * @param cancelled asked before each bundle
   * @return fails with {@link RefusedException} when there is no registry or it cannot be asked
   */
  public CompletionStage<BundleSupply.Synced> sync(
      String by, DoubleConsumer progress, BooleanSupplier cancelled) {
    if (supply.place().isEmpty()) {
      throw new RefusedException(
          "there is no registry; say where bundles are kept with twin.models.registry");
    }
    return supply
        .compared()
        .exceptionallyCompose(
            failure ->
                CompletableFuture.failedFuture(
                    failure instanceof RegistryException
                        ? new RefusedException(String.valueOf(failure.getMessage()))
                        : failure))
        .thenCompose(
            compared -> {
              CompletionStage<?> pinned = CompletableFuture.completedFuture(true);
              for (String type :
                  new TreeSet<>(compared.lacking().stream().map(BundleName::type).toList())) {
                pinned = pinned.thenCompose(done -> pin(type, by));
              }
              return pinned
                  .thenCompose(done -> supply.fetchAll(compared.lacking(), progress, cancelled))
                  .thenCompose(
                      synced -> supply.point(inForce(compared.all())).thenApply(done -> synced));
            });
  }

  /** To what the registry's pointers shall point. */
  private Map<Pointer, Set<BundleName>> inForce(List<BundleName> registered) {
    Map<Pointer, Set<BundleName>> inForce = new EnumMap<>(Pointer.class);
    inForce.put(Pointer.CHAMPION, new TreeSet<>());
    inForce.put(Pointer.SHADOW, new TreeSet<>());
    inForce.forEach(
        (pointer, names) ->
            registered.stream()
                .filter(
                    name ->
                        (pointer == Pointer.CHAMPION
                                ? champion(name.type(), "")
                                : shadow(name.type(), ""))
                            .filter(session -> session.profile().ref().label().equals(name.label()))
                            .isPresent())
                .forEach(names::add));
    return inForce;
  }

  private static boolean is(Optional<ModelSession> session, StoredBundle bundle) {
    return session
        .filter(open -> open.profile().ref().sha256().equals(bundle.sha256()))
        .isPresent();
  }

  /** What is chosen for a type and for machines of it, as the last look found it. */
  public List<ModelChoice> choices(String type) {
    return known.chosen().values().stream()
        .map(Chosen::choice)
        .filter(choice -> choice.machineType().equals(type))
        .toList();
  }

  /** The newest changes of a type and its machines, the newest first. */
  public CompletionStage<List<ModelChoice>> changes(String type, int limit) {
    return table.changes(type, limit);
  }

  /**
   * Lets a bundle decide, here at once and on the other nodes with their next look.
   *
   * @param machines for which machines; empty: for all that have no choice of their own
   * @param by who wants it
   * @return fails with {@link RefusedException} when that cannot be
   */
  public CompletionStage<List<ModelChoice>> promote(
      String type, String version, List<String> machines, String by, String reason) {
    open(type, version);
    Instant now = clock.instant();
    return change(
        type,
        machines,
        (present, decides) ->
            version.equals(decides)
                ? present
                : new ModelChoice(
                    type,
                    present.machineId(),
                    version,
                    // The one before stays for comparison; machines of their own are an experiment.
                    present.ofType() ? decides : null,
                    decides,
                    present.ofType() && decides != null ? now.plus(settings.probation()) : null,
                    present.version(),
                    now,
                    by,
                    reason));
  }

  /**
   * Has a bundle's opinion recorded beside the champion's.
   *
   * @param version null: none any more
   */
  public CompletionStage<List<ModelChoice>> shadow(
      String type, @Nullable String version, List<String> machines, String by, String reason) {
    if (version != null) {
      open(type, version);
    }
    return change(
        type,
        machines,
        (present, decides) -> {
          if (version != null && version.equals(decides)) {
            throw new RefusedException(
                "%s:%s decides already; its opinion is recorded anyway".formatted(type, version));
          }
          return new ModelChoice(
              type,
              present.machineId(),
              present.champion(),
              version,
              present.previous(),
              null,
              present.version(),
              clock.instant(),
              by,
              reason);
        });
  }

  /** Lets the champion before decide again. */
  public CompletionStage<List<ModelChoice>> rollback(
      String type, List<String> machines, String by, String reason) {
    return change(
        type,
        machines,
        (present, decides) -> {
          String previous = present.previous();
          if (previous == null) {
            throw new RefusedException(
                "no champion before the present one is known for %s; promote the one that is meant"
                    .formatted(present.ofType() ? "type " + type : present.machineId()));
          }
          open(type, previous);
          return new ModelChoice(
              type,
              present.machineId(),
              previous,
              null,
              null,
              null,
              present.version(),
              clock.instant(),
              by,
              reason);
        });
  }

  /**
   * Writes down what decides now, so that a bundle that is put into the folder does not at once.
   */
  public CompletionStage<List<ModelChoice>> pin(String type, String by) {
    return change(
        type,
        List.of(),
        (present, decides) ->
            present.champion() != null || decides == null
                ? present
                : new ModelChoice(
                    type,
                    "",
                    decides,
                    present.shadow(),
                    null,
                    null,
                    present.version(),
                    clock.instant(),
                    by,
                    "it decided before there was another one"));
  }

  private ModelSession open(String type, String version) {
    return bundles
        .bundle(type, version)
        .orElseThrow(
            () ->
                new RefusedException(
                    "there is no bundle %s:%s that can be opened; the log says why one is refused"
                        .formatted(type, version)));
  }

  /** What becomes of a choice, given which version decides now. */
  private interface Change {
    ModelChoice of(ModelChoice present, @Nullable String decides);
  }

  private CompletionStage<List<ModelChoice>> change(
      String type, List<String> machines, Change change) {
    Known before = known;
    List<ModelChoice> wanted = new ArrayList<>();
    List<ModelChoice> written = new ArrayList<>();
    for (String machineId : machines.isEmpty() ? List.of("") : machines) {
      Chosen chosen = before.chosen().get(new Place(type, machineId));
      ModelChoice present = chosen == null ? none(type, machineId) : chosen.choice();
      String decides =
          champion(type, machineId).map(session -> session.profile().ref().version()).orElse(null);
      ModelChoice choice = change.of(present, decides);
      wanted.add(choice);
      if (!choice.equals(present)) {
        written.add(choice);
      }
    }
    long added = written.stream().filter(choice -> choice.version() == 0).count();
    if (before.chosen().size() + added > settings.choicesMax()) {
      throw new RefusedException(
          "there would be more than the %d choices that twin.models.choices-max allows"
              .formatted(settings.choicesMax()));
    }
    if (written.isEmpty()) {
      return CompletableFuture.completedFuture(wanted);
    }
    return table
        .put(written)
        .thenCompose(
            done ->
                look()
                    .thenApply(
                        looked -> {
                          if (!done) {
                            throw new RefusedException(
                                "somebody else has just chosen for %s; look at it again"
                                    .formatted(type));
                          }
                          return wanted;
                        }));
  }

  private ModelChoice none(String type, String machineId) {
    return new ModelChoice(
        type, machineId, null, null, null, null, 0, clock.instant(), PROGRAM, "");
  }

  private void lookAgain() {
    look()
        .whenComplete(
            (looked, failure) -> {
              if (failure == null) {
                looked.trials().values().forEach(this::judge);
                lacking().forEach(supply::want);
              } else {
                log.debug("which bundles were chosen is not known", failure);
              }
            });
  }

  private CompletionStage<Known> look() {
    return table.all().thenApply(this::take);
  }

  /** A look that began earlier may end later: what it saw is passed over. */
  private synchronized Known take(List<ModelChoice> rows) {
    Known before = known;
    // What was lacking may have come meanwhile.
    boolean newer = !lacking().isEmpty();
    for (ModelChoice row : rows) {
      Chosen present = before.chosen().get(new Place(row.machineType(), row.machineId()));
      newer |= present == null || present.choice().version() < row.version();
    }
    if (newer) {
      Map<Place, Chosen> chosen = new HashMap<>();
      Map<String, Trial> trials = new TreeMap<>();
      for (ModelChoice row : rows) {
        Place place = new Place(row.machineType(), row.machineId());
        Chosen present = before.chosen().get(place);
        // An older look never takes a newer choice back.
        Chosen taken =
            present == null || present.choice().version() < row.version()
                ? opened(row, present)
                : present.lacking().isEmpty() ? present : opened(present.choice(), present);
        Trial trial = before.trials().get(row.machineType());
        if (row.ofType()
            && taken.choice().probationUntil() != null
            && taken.lacking().isEmpty()
            && taken.champion() != null
            && taken.shadow() != null) {
          if (trial == null || !trial.choice().equals(taken.choice())) {
            trial = new Trial(taken.choice(), taken.champion(), taken.shadow());
          }
          taken = new Chosen(taken.choice(), trial.champion, trial.former, List.of());
          trials.put(row.machineType(), trial);
        }
        chosen.put(place, taken);
      }
      known = new Known(Map.copyOf(chosen), Map.copyOf(trials));
    }
    return known;
  }

  private Chosen opened(ModelChoice choice, @Nullable Chosen before) {
    String type = choice.machineType();
    List<BundleName> lacking = new ArrayList<>();
    ModelSession champion = opened(type, choice.champion(), lacking);
    ModelSession shadow = opened(type, choice.shadow(), lacking);
    if (champion == null && choice.champion() != null) {
      // The last good one goes on until the one that was chosen is here.
      champion =
          before != null && before.champion() != null
              ? before.champion()
              : opened(type, choice.previous(), new ArrayList<>());
      if (before == null || !before.lacking().equals(lacking)) {
        log.error(
            "{}:{} was chosen and cannot be opened on this node; {} decides meanwhile",
            type,
            choice.champion(),
            champion == null ? "what the folder says" : champion.profile().ref().label());
      }
    }
    return new Chosen(choice, champion, shadow, List.copyOf(lacking));
  }

  private @Nullable ModelSession opened(
      String type, @Nullable String version, List<BundleName> lacking) {
    if (version == null) {
      return null;
    }
    Optional<ModelSession> session = bundles.bundle(type, version);
    if (session.isEmpty()) {
      lacking.add(new BundleName(type, version));
    }
    return session.orElse(null);
  }

  /** Follows what champions on probation say. */
  @Override
  public void accept(TwinChanged changed) {
    Map<String, Trial> trials = known.trials();
    if (!trials.isEmpty()) {
      Trial trial = trials.get(changed.state().typeName());
      if (trial != null) {
        trial.follow(changed);
      }
    }
  }

  private void judge(Trial trial) {
    ModelChoice choice = trial.choice();
    Optional<String> fault = trial.fault(settings);
    Instant until = choice.probationUntil();
    if (fault.isPresent()) {
      log.error("{}:{} is taken back: {}", choice.machineType(), choice.champion(), fault.get());
      ended(rollback(choice.machineType(), List.of(), PROGRAM, fault.get()));
    } else if (until != null && clock.instant().isAfter(until)) {
      ended(shadow(choice.machineType(), null, List.of(), PROGRAM, "its probation is over"));
    }
  }

  private static void ended(CompletionStage<List<ModelChoice>> change) {
    var unused =
        change.whenComplete(
            (choices, failure) -> {
              if (failure != null) {
                // Another node was faster, or the database is away: the next look sees.
                log.debug("a probation could not be ended", failure);
              }
            });
  }
}
