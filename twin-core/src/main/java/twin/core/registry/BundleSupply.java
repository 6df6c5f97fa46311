package twin.core.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.inference.BundleName;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.registry.RegistryException.Reason;

/**
 * Brings bundles from the registry into the folder of a node. What comes is compared with its
 * manifest, loaded, and has to answer its golden inputs before it gets a name in the folder; what
 * is there is never overwritten or deleted. One bundle is fetched at a time.
 *
 * <p>Safe for use by many threads.
 */
public final class BundleSupply implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(BundleSupply.class);
  private static final String NO_REGISTRY =
      "there is no registry that it could come from (twin.models.registry)";

  private final Optional<BundleRegistry> registry;
  private final FolderRegistry folder;
  private final RegistrySettings settings;
  private final OnnxSettings onnx;
  private final InstantSource clock;
  private final Executor blocking;
  private final Counter fetched;
  private final Counter refused;
  private final Counter failed;
  private final Map<BundleName, Attempt> attempts = new HashMap<>();
  private @Nullable Listed listed;
  private boolean closed;

  /** An attempt that is under way, or why the last one failed and when. */
  private record Attempt(CompletableFuture<Boolean> done, @Nullable Instant failedAt, String why) {}

  private record Listed(Instant at, CompletableFuture<List<BundleName>> bundles) {}

  /**
   * What the registry has.
   *
   * @param all every bundle of it
   * @param lacking those of them that the folder has not
   */
  public record Compared(List<BundleName> all, List<BundleName> lacking) {
    public Compared {
      all = List.copyOf(all);
      lacking = List.copyOf(lacking);
    }
  }

  /**
   * What became of bundles that the folder lacked.
   *
   * @param registry which one was asked
   * @param fetched those that are there now
   * @param refused those that are not, and why
   */
  public record Synced(
      String registry, List<BundleName> fetched, SortedMap<BundleName, String> refused) {
    public Synced {
      fetched = List.copyOf(fetched);
      refused = Collections.unmodifiableSortedMap(new TreeMap<>(refused));
    }
  }

  /**
   * Fetches nothing yet.
   *
   * @param registry none: only what is in the folder is there
   * @param blocking runs what waits for the registry
   */
  public BundleSupply(
      Optional<BundleRegistry> registry,
      FolderRegistry folder,
      RegistrySettings settings,
      OnnxSettings onnx,
      InstantSource clock,
      Executor blocking,
      MeterRegistry meters) {
    this.registry = registry;
    this.folder = folder;
    this.settings = settings;
    this.onnx = onnx;
    this.clock = clock;
    this.blocking = blocking;
    this.fetched = fetches("fetched", meters);
    this.refused = fetches("refused", meters);
    this.failed = fetches("failed", meters);
  }

  private static Counter fetches(String outcome, MeterRegistry meters) {
    return Counter.builder("twin.models.fetches")
        .description("Bundles that came from the registry, were refused, or could not be fetched")
        .tag("outcome", outcome)
        .register(meters);
  }

  /** Which registry there is, if there is one. */
  public Optional<String> place() {
    return registry.map(BundleRegistry::place);
  }

  /** The settings of the registry. */
  public RegistrySettings settings() {
    return settings;
  }

  /**
   * Has a bundle that was chosen fetched, unless that is being done, or has failed a moment ago.
   *
   * @return completes with whether it is in the folder now; never fails
   */
  public synchronized CompletionStage<Boolean> want(BundleName name) {
    if (registry.isEmpty() || closed) {
      return CompletableFuture.completedFuture(false);
    }
    Attempt before = attempts.get(name);
    if (before != null
        && (before.failedAt() == null
            || clock.instant().isBefore(before.failedAt().plus(settings.againAfter())))) {
      return before.done();
    }
    if (attempts.size() >= settings.limits().bundlesMax()) {
      attempts.values().removeIf(each -> each.failedAt() != null);
    }
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    attempts.put(name, new Attempt(done, null, "it is being fetched from " + place().orElse("")));
    blocking.execute(() -> done.complete(attempt(name)));
    return done;
  }

  private boolean attempt(BundleName name) {
    String why;
    try {
      fetch(name);
      synchronized (this) {
        attempts.remove(name);
      }
      return true;
    } catch (RegistryException e) {
      why = String.valueOf(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      why = "the node stops";
    } catch (RuntimeException e) {
      why = e.toString();
    }
    log.error("bundle {} was chosen and is not here: {}", name, why);
    synchronized (this) {
      attempts.put(
          name, new Attempt(CompletableFuture.completedFuture(false), clock.instant(), why));
    }
    return false;
  }

  /** Why a bundle that was chosen cannot be opened here, as far as is known. */
  public synchronized String trouble(BundleName name) {
    if (folder.has(name)) {
      return "it is in the folder and was refused; the log says why";
    }
    Attempt attempt = attempts.get(name);
    return registry.isEmpty()
        ? NO_REGISTRY
        : attempt == null ? "it is being fetched" : attempt.why();
  }

  /**
   * Fetches a bundle, checks it whole, and puts it into the folder.
   *
   * @return false when it was there already
   */
  public boolean fetch(BundleName name) throws RegistryException, InterruptedException {
    BundleRegistry from =
        registry.orElseThrow(
            () -> new RegistryException(Reason.MISSING, name + ": " + NO_REGISTRY));
    boolean came;
    try {
      came = fetch(name, from);
    } catch (RegistryException e) {
      (e.reason() == Reason.UNAVAILABLE ? failed : refused).increment();
      throw e;
    }
    if (came) {
      fetched.increment();
      log.info("bundle {} has come from {}", name, from.place());
    }
    return came;
  }

  private boolean fetch(BundleName name, BundleRegistry from)
      throws RegistryException, InterruptedException {
    synchronized (folder) {
      if (folder.has(name)) {
        return false;
      }
      BundleFiles files = BundleFiles.read(from, name, settings.limits());
      files.verify(onnx);
      long bytes = folder.bytes() + files.bytes();
      if (bytes > settings.folderBytesMax()) {
        throw new RegistryException(
            Reason.TOO_LARGE,
            "with %s the %s would have %d bytes, and twin.models.registry.folder-bytes-max allows %d; move bundles away that no journal names"
                .formatted(name, folder.place(), bytes, settings.folderBytesMax()));
      }
      return files.publish(folder);
    }
  }

  /** Something that waits for the registry. */
  private interface Work<T> {
    T of(BundleRegistry registry) throws RegistryException, InterruptedException;
  }

  private <T> CompletableFuture<T> started(Work<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    blocking.execute(
        () -> {
          try {
            done.complete(
                work.of(
                    registry.orElseThrow(
                        () -> new RegistryException(Reason.MISSING, NO_REGISTRY))));
          } catch (RegistryException | RuntimeException e) {
            done.completeExceptionally(e);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  /**
   * What the registry has; a list that is young enough is taken for true. Fails with a {@link
   * RegistryException} when it cannot be asked; empty without a registry.
   */
  public synchronized CompletionStage<List<BundleName>> listed() {
    if (registry.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    Listed before = listed;
    if (before == null
        || before.bundles().isCompletedExceptionally()
        || clock.instant().isAfter(before.at().plus(settings.listEvery()))) {
      before = new Listed(clock.instant(), started(BundleRegistry::list));
      listed = before;
    }
    return before.bundles();
  }

  /** What the registry has and the folder has not; fails as {@link #listed} does. */
  public CompletionStage<Compared> compared() {
    return started(
        from -> {
          List<BundleName> all = from.list();
          return new Compared(all, all.stream().filter(name -> !folder.has(name)).toList());
        });
  }

  /**
   * Fetches bundles; one that is refused does not keep the others back.
   *
   * @param progress is told how much of it is done, 0 to 1
   * @param cancelled asked before each bundle
   */
  public CompletionStage<Synced> fetchAll(
      List<BundleName> names, DoubleConsumer progress, BooleanSupplier cancelled) {
    return started(
        from -> {
          List<BundleName> came = new ArrayList<>();
          SortedMap<BundleName, String> not = new TreeMap<>();
          for (int i = 0; i < names.size() && !cancelled.getAsBoolean(); i++) {
            BundleName name = names.get(i);
            try {
              if (fetch(name)) {
                came.add(name);
              }
            } catch (RegistryException e) {
              log.error("bundle {} is not taken: {}", name, e.getMessage());
              not.put(name, String.valueOf(e.getMessage()));
            }
            progress.accept((i + 1.0) / names.size());
          }
          return new Synced(from.place(), came, not);
        });
  }

  /**
   * Lets pointers of the registry point to versions. What it does not permit is only logged: it
   * holds bundles without them too.
   *
   * @param pointed to what each pointer of a type shall point
   */
  public CompletionStage<Boolean> point(Map<Pointer, Set<BundleName>> pointed) {
    return started(
        from -> {
          try {
            for (Map.Entry<Pointer, Set<BundleName>> each : pointed.entrySet()) {
              for (BundleName bundle : each.getValue()) {
                Optional<String> present = from.pointed(bundle.type(), each.getKey());
                if (!present.equals(Optional.of(bundle.version()))) {
                  from.point(bundle, each.getKey());
                }
              }
            }
            return true;
          } catch (RegistryException e) {
            log.warn("the registry's pointers stay as they are: {}", e.getMessage());
            return false;
          }
        });
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    registry.ifPresent(BundleRegistry::close);
  }
}
