package twin.http.model;

import java.util.concurrent.CompletionStage;
import twin.core.store.Performance;

/** Counts what bundles said against what was true. */
@FunctionalInterface
public interface Performances {

  /** The figures of an interval. */
  CompletionStage<Performance> of(Performance.Wanted wanted);
}
