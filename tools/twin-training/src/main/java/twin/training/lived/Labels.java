package twin.training.lived;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.reading.Times;

/**
 * What came of a machine's readings, told by what people recorded: failures that were repaired, and
 * verdicts on alerts.
 *
 * <p>A machine was failing from the type's horizon before a failure on, and from an alert of that
 * failure on, until it was repaired. It was also failing while an alert held that somebody judged
 * to be real, in the words of the finding where there is one. While an alert held that nobody
 * judged, nothing is known. Everything else was normal. Filled by one pass over the journal and
 * asked in a second one, in the same order.
 */
final class Labels {
  private static final int NAME_LENGTH = 64;

  /** A life ended after so many readings; the mode is empty where it was no failure. */
  private record End(long readings, double passed, Instant at, String mode) {}

  /** An alert whose condition held. */
  private static final class Held {
    private final String alertId;
    private final Instant from;
    private String mode;
    private @Nullable Instant to;
    private String verdict = "unknown";

    Held(String alertId, Instant from, String mode) {
      this.alertId = alertId;
      this.from = from;
      this.mode = mode;
    }
  }

  private final double horizon;
  private final List<End> ends = new ArrayList<>();
  private final List<Held> held = new ArrayList<>();
  private final Map<String, Held> newestOfAlert = new LinkedHashMap<>();
  private int next;
  private long asked;

  /**
   * Knows nothing yet.
   *
   * @param horizon how much life before a failure counts as failing
   */
  Labels(double horizon) {
    this.horizon = horizon;
  }

  /** A life ended for another reason than a failure. */
  void otherLife(long readings, double passed, Instant at) {
    ends.add(new End(readings, passed, at, ""));
  }

  /**
   * Takes an event.
   *
   * @param readings how many readings there have been
   * @param passed how much the machine has lived through
   */
  void see(JournalEntry entry, long readings, double passed) {
    switch (entry.event()) {
      case MachineEvent.AlertChanged e -> seeAlert(e);
      case MachineEvent.VerdictGiven e -> seeVerdict(e);
      case MachineEvent.MaintenanceRecorded e -> {
        if (readings > 0) {
          maintained(e, Times.ofNanos(entry.stamp().watermarkNanos()), readings, passed);
        }
      }
      default -> {
        // Nothing else says what came of readings.
      }
    }
  }

  private void seeAlert(MachineEvent.AlertChanged e) {
    Held open = newestOfAlert.get(e.alertId());
    if (e.to().isActive() && (open == null || open.to != null)) {
      Instant since = e.since();
      Held begun =
          new Held(e.alertId(), since == null ? e.readingAt() : since, name(e.failureType()));
      newestOfAlert.put(e.alertId(), begun);
      held.add(begun);
    } else if (!e.to().isActive() && !e.to().isHidden() && open != null && open.to == null) {
      open.to = e.readingAt();
    }
  }

  private void seeVerdict(MachineEvent.VerdictGiven e) {
    String finding = e.finding();
    for (Held each : held) {
      if (each.alertId.equals(e.alertId())) {
        each.verdict = e.verdict();
        if (finding != null && !finding.isBlank() && e.verdict().equals("real")) {
          each.mode = name(finding);
        }
      }
    }
  }

  private void maintained(
      MachineEvent.MaintenanceRecorded e, Instant newest, long readings, double passed) {
    String failureMode = e.failureMode();
    ends.add(new End(readings, passed, newest, failureMode == null ? "" : name(failureMode)));
    for (Held each : held) {
      if (each.to == null) {
        each.to = newest;
        if (each.mode.equals(failureMode) && each.verdict.equals("unknown")) {
          each.verdict = "real";
        }
      }
    }
  }

  private static String name(String words) {
    String name = words.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
    return name.length() <= NAME_LENGTH ? name : name.substring(0, NAME_LENGTH);
  }

  /** Begins to be asked from the first reading on. */
  void rewind() {
    next = 0;
    asked = 0;
  }

  /** What came of the next reading in order. */
  Label next(Instant at, double passed) {
    asked++;
    while (next < ends.size() && ends.get(next).readings() < asked) {
      next++;
    }
    End end = next < ends.size() ? ends.get(next) : null;
    double remaining =
        end == null || end.mode().isEmpty() ? Double.NaN : Math.max(0, end.passed() - passed);
    if (end != null && remaining <= horizon) {
      return new Label(Label.Kind.FAILING, end.mode(), remaining, end.at());
    }
    Instant knownAt = end == null || Double.isNaN(remaining) ? at : end.at();
    boolean unjudged = false;
    for (Held each : held) {
      Instant to = each.to;
      if (at.isBefore(each.from) || (to != null && !at.isBefore(to))) {
        continue;
      }
      if (each.verdict.equals("real")) {
        return new Label(
            Label.Kind.FAILING, each.mode, remaining, to == null ? knownAt : later(to, knownAt));
      }
      unjudged |= !each.verdict.equals("false");
    }
    return new Label(unjudged ? Label.Kind.UNJUDGED : Label.Kind.NORMAL, "", remaining, knownAt);
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  /** How often each failure came: repaired, or an alert that was judged to be real. */
  Map<String, Integer> failures(Span span) {
    Map<String, Integer> failures = new LinkedHashMap<>();
    for (End end : ends) {
      if (!end.mode().isEmpty() && span.holds(end.at())) {
        failures.merge(end.mode(), 1, Integer::sum);
      }
    }
    Set<String> counted = new HashSet<>();
    for (Held each : held) {
      if (each.verdict.equals("real")
          && span.holds(each.from)
          && !repaired(each)
          && counted.add(each.alertId)) {
        failures.merge(each.mode, 1, Integer::sum);
      }
    }
    return failures;
  }

  /** Whether the alert ended with a repair of what it told of: one failure, not two. */
  private boolean repaired(Held alert) {
    Instant to = alert.to;
    return ends.stream()
        .anyMatch(
            end ->
                end.mode().equals(alert.mode)
                    && !end.at().isBefore(alert.from)
                    && to != null
                    && !end.at().isAfter(to));
  }
}
