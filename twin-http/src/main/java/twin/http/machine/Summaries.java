package twin.http.machine;

import java.time.Instant;
import java.util.concurrent.CompletionStage;
import twin.core.store.PeriodHistory;

/** Where long histories are looked up, which the journal would take too long to tell. */
@FunctionalInterface
public interface Summaries {

  /** What a machine measured between two moments, as far as it has been summed up. */
  CompletionStage<PeriodHistory> between(String machineId, Instant from, Instant to);
}
