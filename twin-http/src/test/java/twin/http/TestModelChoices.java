package twin.http;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import twin.core.inference.BundleName;
import twin.core.model.ModelCatalogue;
import twin.core.registry.BundleSupply;
import twin.core.store.ModelChoice;
import twin.http.model.ModelChoices;

/** Choices in memory. */
final class TestModelChoices implements ModelChoices {

  private final List<ModelChoice> made = new ArrayList<>();

  @Override
  public synchronized List<ModelChoice> choices(String type) {
    Map<String, ModelChoice> newest = new TreeMap<>();
    of(type).forEach(choice -> newest.put(choice.machineId(), choice));
    return List.copyOf(newest.values());
  }

  private synchronized List<ModelChoice> of(String type) {
    return made.stream().filter(choice -> choice.machineType().equals(type)).toList();
  }

  @Override
  public CompletionStage<List<ModelChoice>> changes(String type, int limit) {
    return CompletableFuture.completedFuture(of(type).reversed());
  }

  @Override
  public CompletionStage<List<ModelChoice>> promote(
      String type, String version, List<String> machines, String by, String reason) {
    return made(type, version, null, machines, by, reason);
  }

  @Override
  public CompletionStage<List<ModelChoice>> shadow(
      String type, @Nullable String version, List<String> machines, String by, String reason) {
    return made(type, "1.0.0", version, machines, by, reason);
  }

  @Override
  public CompletionStage<List<ModelChoice>> rollback(
      String type, List<String> machines, String by, String reason) {
    if (choices(type).isEmpty()) {
      throw new ModelCatalogue.RefusedException("nothing was promoted");
    }
    return made(type, "1.0.0", null, machines, by, reason);
  }

  @Override
  public SortedMap<BundleName, String> missing() {
    return new TreeMap<>(Map.of(new BundleName("pump", "4.0.0"), "it is being fetched"));
  }

  @Override
  public Optional<String> registry() {
    return Optional.of("folder shared");
  }

  @Override
  public CompletionStage<List<BundleName>> registered() {
    return CompletableFuture.completedFuture(
        List.of(
            new BundleName("milling", "2.0.0"),
            new BundleName("milling", "1.0.0"),
            new BundleName("pump", "4.0.0")));
  }

  @Override
  public CompletionStage<BundleSupply.Synced> sync(
      String by, DoubleConsumer progress, BooleanSupplier cancelled) {
    progress.accept(1);
    return CompletableFuture.completedFuture(
        new BundleSupply.Synced(
            "folder shared",
            List.of(new BundleName("milling", "2.0.0")),
            new TreeMap<>(Map.of(new BundleName("pump", "4.0.0"), "it is damaged"))));
  }

  private synchronized CompletionStage<List<ModelChoice>> made(
      String type,
      String champion,
      @Nullable String shadow,
      List<String> machines,
      String by,
      String reason) {
    List<ModelChoice> now =
        (machines.isEmpty() ? List.of("") : machines)
            .stream()
                .map(
                    machine ->
                        new ModelChoice(
                            type,
                            machine,
                            champion,
                            shadow,
                            "0.9.0",
                            Instant.EPOCH,
                            made.size() + 1L,
                            Instant.EPOCH,
                            by,
                            reason))
                .toList();
    made.addAll(now);
    return CompletableFuture.completedFuture(now);
  }
}
