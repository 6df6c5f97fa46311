package twin.core.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import twin.core.machine.MachineEvent;

/** When which alert's condition held. */
final class Activations {
  private final List<WhatIf.Activation> ended = new ArrayList<>();
  private final Map<String, WhatIf.Activation> open = new TreeMap<>();

  /**
   * Takes a change.
   *
   * @param revision the recorded event with the reading that brought it about
   */
  void follow(MachineEvent.AlertChanged change, long revision) {
    WhatIf.Activation since = open.get(change.alertId());
    if (change.to().isActive() && since == null && !change.from().isActive()) {
      open.put(
          change.alertId(),
          new WhatIf.Activation(
              change.rule(),
              change.failureType(),
              change.severity().label(),
              revision,
              change.readingAt(),
              null));
    } else if (!change.to().isActive() && since != null) {
      open.remove(change.alertId());
      ended.add(
          new WhatIf.Activation(
              since.rule(),
              since.failureType(),
              since.severity(),
              since.revision(),
              since.from(),
              change.readingAt()));
    }
  }

  List<WhatIf.Activation> all() {
    List<WhatIf.Activation> all = new ArrayList<>(ended);
    all.addAll(open.values());
    all.sort(Comparator.comparing(WhatIf.Activation::from).thenComparing(WhatIf.Activation::rule));
    return all;
  }
}
