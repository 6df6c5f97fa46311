package twin.core.audit;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What has been found: all of it counted, the first of it told. Not thread-safe. */
final class Findings {

  private final int toldMax;
  private final List<Finding> told = new ArrayList<>();
  private final Map<Finding.Kind, Long> counts = new EnumMap<>(Finding.Kind.class);
  private long all;

  Findings(int toldMax) {
    this.toldMax = toldMax;
  }

  void add(String machineId, long revision, Finding.Kind what, String detail) {
    all++;
    counts.merge(what, 1L, Long::sum);
    if (told.size() < toldMax) {
      told.add(new Finding(machineId, revision, what, detail));
    }
  }

  void aboutSeals(Finding.Kind what, String detail) {
    add("", 0, what, detail);
  }

  long all() {
    return all;
  }

  Map<Finding.Kind, Long> counts() {
    return counts;
  }

  List<Finding> told() {
    return told;
  }
}
