package twin.http.machine;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import twin.core.store.FleetFilter;
import twin.core.store.FleetQuery;
import twin.core.store.FleetRow;
import twin.core.store.FleetTable;
import twin.core.store.Page;

/**
 * Where the fleet is looked up.
 *
 * @param page a page of the machines; refuses what cannot be with an {@link
 *     IllegalArgumentException}
 * @param counts how many of the machines have each value
 */
public record Fleet(
    Function<FleetQuery, CompletionStage<Page<FleetRow>>> page,
    BiFunction<FleetQuery.Column, FleetFilter, CompletionStage<List<FleetQuery.Count>>> counts) {

  /** The fleet as the read side keeps it. */
  public static Fleet of(FleetTable table) {
    return new Fleet(table::page, table::counts);
  }
}
