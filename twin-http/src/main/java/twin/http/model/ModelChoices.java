package twin.http.model;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import twin.core.model.ModelCatalogue;
import twin.core.store.ModelChoice;

/**
 * Where bundles are chosen. What cannot be chosen as things are is refused with a {@link
 * ModelCatalogue.RefusedException}, thrown or in the answer. A change without machines is for all
 * of the type that have no choice of their own.
 */
public interface ModelChoices {

  /** What is chosen for a type and for machines of it. */
  List<ModelChoice> choices(String type);

  /** The newest changes, the newest first. */
  CompletionStage<List<ModelChoice>> changes(String type, int limit);

  /** Lets a bundle decide. */
  CompletionStage<List<ModelChoice>> promote(
      String type, String version, List<String> machines, String by, String reason);

  /** Has a bundle's opinion recorded beside the champion's; null: none any more. */
  CompletionStage<List<ModelChoice>> shadow(
      String type, @Nullable String version, List<String> machines, String by, String reason);

  /** Lets the champion before decide again. */
  CompletionStage<List<ModelChoice>> rollback(
      String type, List<String> machines, String by, String reason);

  /** Those of the catalogue. */
  static ModelChoices of(ModelCatalogue catalogue) {
    return new ModelChoices() {
      @Override
      public List<ModelChoice> choices(String type) {
        return catalogue.choices(type);
      }

      @Override
      public CompletionStage<List<ModelChoice>> changes(String type, int limit) {
        return catalogue.changes(type, limit);
      }

      @Override
      public CompletionStage<List<ModelChoice>> promote(
          String type, String version, List<String> machines, String by, String reason) {
        return catalogue.promote(type, version, machines, by, reason);
      }

      @Override
      public CompletionStage<List<ModelChoice>> shadow(
          String type, @Nullable String version, List<String> machines, String by, String reason) {
        return catalogue.shadow(type, version, machines, by, reason);
      }

      @Override
      public CompletionStage<List<ModelChoice>> rollback(
          String type, List<String> machines, String by, String reason) {
        return catalogue.rollback(type, machines, by, reason);
      }
    };
  }
}
