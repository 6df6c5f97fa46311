package twin.core.fleet;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.MachineTypeTable;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeJson;
import twin.core.type.MachineTypes;

/**
 * The machine types in force on this node: those of its configuration, and in their place those
 * that were put while running. What another node put is in force here after the next look. A twin
 * takes a changed type over with its machine's next reading. Safe for use by many threads.
 */
public final class TypeCatalogue implements Supplier<MachineTypes> {

  private static final Logger log = LoggerFactory.getLogger(TypeCatalogue.class);

  private final MachineTypeTable table;
  private final MachineTypes configured;
  private final InstantSource clock;
  private final int typesMax;
  private volatile Known known;

  /** What the last look found: a version for each type that was put. */
  private record Known(Map<String, Long> versions, MachineTypes types) {}

  /** A type was changed by somebody else at the same time. */
  public static final class ChangedMeanwhileException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    ChangedMeanwhileException(String type) {
      super("machine type " + type + " was changed by somebody else at the same time");
    }
  }

  private TypeCatalogue(
      MachineTypeTable table, MachineTypes configured, InstantSource clock, int typesMax) {
    this.table = table;
    this.configured = configured;
    this.clock = clock;
    this.typesMax = typesMax;
    this.known = new Known(Map.of(), configured);
  }

  /**
   * Looks once before it returns, so that no reading is judged by an outdated type, and then now
   * and then until the system stops.
   *
   * @param typesMax how many types there may be
   */
  public static TypeCatalogue watch(
      MachineTypeTable table,
      MachineTypes configured,
      InstantSource clock,
      int typesMax,
      Duration lookEvery,
      ActorSystem<?> system) {
    TypeCatalogue catalogue = new TypeCatalogue(table, configured, clock, typesMax);
    catalogue.look().toCompletableFuture().join();
    system
        .scheduler()
        .scheduleWithFixedDelay(
            lookEvery, lookEvery, catalogue::lookAgain, system.executionContext());
    return catalogue;
  }

  @Override
  public MachineTypes get() {
    return known.types();
  }

  /**
   * Puts a type in force, here at once and on the other nodes with their next look.
   *
   * @param by who wants it
   * @return the type as it is in force
   * @throws IllegalArgumentException when there are too many types already
   */
  public CompletionStage<MachineType> put(MachineType type, String by) {
    Known before = known;
    if (before.types().find(type.name()).isEmpty() && before.types().all().size() >= typesMax) {
      throw new IllegalArgumentException(
          "there are %d machine types, which is the most that twin.machines.types-max allows"
              .formatted(typesMax));
    }
    return table
        .put(
            type.name(),
            before.versions().getOrDefault(type.name(), 0L),
            MachineTypeJson.write(type),
            clock.instant(),
            by)
        .thenCompose(
            version ->
                look()
                    .thenCompose(
                        looked ->
                            version.isPresent()
                                ? CompletableFuture.completedFuture(type)
                                : CompletableFuture.failedFuture(
                                    new ChangedMeanwhileException(type.name()))));
  }

  private void lookAgain() {
    look()
        .whenComplete(
            (looked, failure) -> {
              if (failure != null) {
                log.debug("the machine types that were put are not known", failure);
              }
            });
  }

  private CompletionStage<Known> look() {
    return table.all().thenApply(this::take);
  }

  /** A look that began earlier may end later: what it saw is passed over. */
  private synchronized Known take(List<MachineTypeTable.Row> rows) {
    Map<String, Long> before = known.versions();
    boolean newer =
        rows.stream().anyMatch(row -> row.version() > before.getOrDefault(row.name(), 0L));
    if (newer) {
      Map<String, Long> versions = new TreeMap<>();
      MachineTypes types = configured;
      for (MachineTypeTable.Row row : rows) {
        versions.put(row.name(), row.version());
        types = read(row).map(types::with).orElse(types);
      }
      known = new Known(versions, types);
    }
    return known;
  }

  private static Optional<MachineType> read(MachineTypeTable.Row row) {
    try {
      return Optional.of(MachineTypeJson.read(row.name(), row.json()));
    } catch (IllegalArgumentException e) {
      // Written by a newer version, perhaps. Twins go on by what their journals know.
      log.error("machine type {} cannot be used: {}", row.name(), e.getMessage());
      return Optional.empty();
    }
  }
}
