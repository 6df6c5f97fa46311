package twin.http.model;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import twin.core.inference.BundleName;
import twin.core.model.ModelCatalogue;
import twin.core.registry.BundleSupply;
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

  /** Bundles that were chosen and cannot be opened on this node, and why. */
  SortedMap<BundleName, String> missing();

  /** Which registry there is, if there is one. */
  Optional<String> registry();

  /** What the registry has; fails when it cannot be asked. */
  CompletionStage<List<BundleName>> registered();

  /**
   * Brings what the registry has and the folder of this node lacks.
   *
   * @param progress is told how much of it is done, 0 to 1
   * @param cancelled asked before each bundle
   */
  CompletionStage<BundleSupply.Synced> sync(
      String by, DoubleConsumer progress, BooleanSupplier cancelled);

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

      @Override
      public SortedMap<BundleName, String> missing() {
        return catalogue.missing();
      }

      @Override
      public Optional<String> registry() {
        return catalogue.registry();
      }

      @Override
      public CompletionStage<List<BundleName>> registered() {
        return catalogue.inRegistry();
      }

      @Override
      public CompletionStage<BundleSupply.Synced> sync(
          String by, DoubleConsumer progress, BooleanSupplier cancelled) {
        return catalogue.sync(by, progress, cancelled);
      }
    };
  }
}
