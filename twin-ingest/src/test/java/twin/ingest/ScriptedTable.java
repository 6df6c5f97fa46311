package twin.ingest;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import twin.core.store.DeadLetter;

/** A table of dead letters that answers as a test says. */
final class ScriptedTable implements DeadLetters.Table {

  private final List<DeadLetter.Arrival> rows = new CopyOnWriteArrayList<>();
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

  List<DeadLetter.Arrival> rows() {
    return List.copyOf(rows);
  }

  List<String> reasons() {
    return rows.stream().map(DeadLetter.Arrival::reason).toList();
  }
}
