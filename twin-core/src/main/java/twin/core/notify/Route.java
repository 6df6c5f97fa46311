package twin.core.notify;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import twin.core.store.AlertRow;

/**
 * Which changes of which alerts go to which channels. An empty set of severities, sites, areas,
 * lines or types admits all.
 *
 * @param changes what is told
 * @param channels who is told
 * @param escalation who is told when an alert is escalated for the first, second, … time, whatever
 *     {@code changes} says; the last of them also of each further time
 */
public record Route(
    Set<String> severities,
    Set<String> sites,
    Set<String> areas,
    Set<String> lines,
    Set<String> types,
    Set<Change> changes,
    Set<String> channels,
    List<Set<String>> escalation) {

  public Route {
    severities = Set.copyOf(severities);
    sites = Set.copyOf(sites);
    areas = Set.copyOf(areas);
    lines = Set.copyOf(lines);
    types = Set.copyOf(types);
    changes = Set.copyOf(changes);
    channels = Set.copyOf(channels);
    escalation = List.copyOf(escalation);
  }

  /** The channels that this route sends a change to. */
  Set<String> of(AlertRow alert, Change change) {
    Set<String> chosen = new TreeSet<>();
    if (admits(alert)) {
      if (changes.contains(change)) {
        chosen.addAll(channels);
      }
      if (change == Change.ESCALATED && !escalation.isEmpty()) {
        int step = Math.clamp(alert.escalation(), 1, escalation.size());
        chosen.addAll(escalation.get(step - 1));
      }
    }
    return chosen;
  }

  private boolean admits(AlertRow alert) {
    AlertRow.Origin origin = alert.origin();
    return admits(severities, alert.severity())
        && admits(sites, origin.site())
        && admits(areas, origin.area())
        && admits(lines, origin.line())
        && admits(types, origin.machineType());
  }

  private static boolean admits(Set<String> some, @Nullable String value) {
    return some.isEmpty() || (value != null && some.contains(value));
  }
}
