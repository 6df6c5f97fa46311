package twin.core.store;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which alerts are wanted.
 *
 * @param states any of these; empty: all
 * @param severities any of these; empty: all
 * @param machineId only of this machine
 * @param type only of machines of this type
 * @param site only of machines of this site
 * @param rule only of this rule
 * @param from raised at this time or later
 * @param to raised before this time
 * @param limit how many at most
 * @param cursor where the page before ended
 * @param scope only of machines that are seen
 */
public record AlertQuery(
    List<String> states,
    List<String> severities,
    @Nullable String machineId,
    @Nullable String type,
    @Nullable String site,
    @Nullable String rule,
    @Nullable Instant from,
    @Nullable Instant to,
    int limit,
    @Nullable String cursor,
    SiteScope scope) {
  public AlertQuery {
    states = List.copyOf(states);
    severities = List.copyOf(severities);
  }
}
