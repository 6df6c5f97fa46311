package twin.ingest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the machine in a topic: the level that stands for the first {@code +} of the subscription's
 * filter. Immutable.
 */
final class MachineTopics {

  private record Filter(List<String> levels, int machineLevel) {

    boolean matches(List<String> topic) {
      for (int i = 0; i < levels.size(); i++) {
        if (levels.get(i).equals("#")) {
          return true;
        }
        if (i >= topic.size()
            || (!levels.get(i).equals("+") && !levels.get(i).equals(topic.get(i)))) {
          return false;
        }
      }
      return topic.size() == levels.size();
    }
  }

  private final List<Filter> filters;

  MachineTopics(List<String> topicFilters) {
    this.filters =
        topicFilters.stream()
            .map(MachineTopics::levels)
            .map(levels -> new Filter(levels, levels.indexOf("+")))
            .toList();
  }

  private static List<String> levels(String topic) {
    return List.of(topic.split("/", -1));
  }

  /** The machine, or null where the filter has no {@code +} for it. */
  @Nullable String machineIn(String topic) {
    List<String> levels = levels(topic);
    for (Filter filter : filters) {
      if (filter.machineLevel() >= 0 && filter.matches(levels)) {
        return levels.get(filter.machineLevel());
      }
    }
    return null;
  }
}
