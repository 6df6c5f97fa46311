package twin.http.live;

import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import twin.core.store.AlertSteps;
import twin.core.store.AlertTrailTable;
import twin.core.store.CoarseOffset;

/**
 * Where changes of alerts are followed.
 *
 * @param end the place behind all that has happened
 * @param after what follows a place, at most so many
 * @param countAfter how many follow a place, counted up to a bound; nothing for a place of another
 *     database
 */
public record AlertTrail(
    Supplier<CompletionStage<CoarseOffset>> end,
    BiFunction<CoarseOffset, Integer, CompletionStage<AlertSteps>> after,
    BiFunction<CoarseOffset, Integer, CompletionStage<OptionalLong>> countAfter) {

  /** Changes as the read side keeps them. */
  public static AlertTrail of(AlertTrailTable table) {
    return new AlertTrail(table::end, table::after, table::countAfter);
  }
}
