package twin.ingest;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import twin.core.store.DeadLetter;

/** A table of dead letters that answers as a test says. */
final class ScriptedTable implements DeadLetters.Table, DeadLetterRetry.Letters {

  private final List<DeadLetter.Arrival> rows = new CopyOnWriteArrayList<>();
  private final Set<Long> removed = ConcurrentHashMap.newKeySet();
  private final List<String> retried = new CopyOnWriteArrayList<>();
  private final Supplier<CompletionStage<?>> answer;

  /**
   * An empty table.
   *
   * @param answer what to answer; a failed one keeps nothing
   */
  ScriptedTable(Supplier<CompletionStage<?>> answer) {
    this.answer = answer;
  }

  static ScriptedTable answering() {
    return new ScriptedTable(() -> CompletableFuture.completedStage(1));
  }

  @Override
  public CompletionStage<?> insert(List<DeadLetter.Arrival> letters) {
    return answer
        .get()
        .thenApply(
            kept -> {
              rows.addAll(letters);
              return kept;
            });
  }

  /** The place in the list is the id. */
  @Override
  public CompletionStage<Optional<DeadLetter>> get(long id) {
    if (id < 0 || id >= rows.size() || removed.contains(id)) {
      return CompletableFuture.completedStage(Optional.empty());
    }
    DeadLetter.Arrival row = rows.get((int) id);
    return CompletableFuture.completedStage(
        Optional.of(
            new DeadLetter(
                id,
                row.receivedAt(),
                row.source(),
                row.topic(),
                row.machineId(),
                row.reason(),
                row.detail(),
                row.payload(),
                row.payload().length,
                row.payload().length > 65_535,
                0,
                null)));
  }

  @Override
  public CompletionStage<Boolean> markRetried(long id, String reason, String detail) {
    retried.add(reason + ": " + detail);
    return CompletableFuture.completedStage(true);
  }

  @Override
  public CompletionStage<Boolean> remove(long id) {
    return CompletableFuture.completedStage(removed.add(id));
  }

  /** Why letters were dead when they were retried. */
  List<String> retried() {
    return List.copyOf(retried);
  }

  List<DeadLetter.Arrival> rows() {
    return List.copyOf(rows);
  }

  List<String> reasons() {
    return rows.stream().map(DeadLetter.Arrival::reason).toList();
  }
}
