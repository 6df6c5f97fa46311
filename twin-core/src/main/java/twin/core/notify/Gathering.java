package twin.core.notify;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import twin.core.store.Delivery;
import twin.core.store.Gathered;
import twin.core.store.Notice;
import twin.core.type.Severity;

/**
 * Makes few messages of many notices. The first of a place goes at once; what follows waits until
 * the window since then is over and goes as one message, unless it is more serious than all that
 * was told of the incident. So a line whose machines all fail is one message and then one a window,
 * and one for each step in severity at most. Pure.
 *
 * @param window the least time between two messages of a place
 * @param hold how long a message waits for company
 * @param incidentWithin the longest time between two notices of one incident
 * @param ids of new deliveries
 */
record Gathering(
    Duration window, Duration hold, Duration incidentWithin, Instant now, Supplier<UUID> ids)
    implements Gathered.Rule {

  @Override
  public List<Gathered> of(List<Notice> notices, List<Delivery> newest) {
    Map<String, Part> atPlace = new HashMap<>();
    newest.forEach(delivery -> atPlace.put(delivery.place(), new Part(delivery, false)));
    Set<Part> touched = new LinkedHashSet<>();
    for (Notice notice : notices) {
      Part part = atPlace.get(notice.place());
      if (part != null && part.delivery.isUntried()) {
        part.delivery = joined(part.delivery, notice);
      } else {
        part = new Part(following(part == null ? null : part.delivery, notice), true);
        atPlace.put(notice.place(), part);
      }
      part.notices.add(notice);
      touched.add(part);
    }
    return touched.stream()
        .map(part -> new Gathered(part.delivery, part.isNew, part.notices))
        .toList();
  }

  /** A delivery while notices become a part of it. */
  private static final class Part {
    private final boolean isNew;
    private final List<Notice> notices = new ArrayList<>();
    private Delivery delivery;

    Part(Delivery delivery, boolean isNew) {
      this.delivery = delivery;
      this.isNew = isNew;
    }
  }

  private Delivery joined(Delivery delivery, Notice notice) {
    Instant earliest = now.plus(hold);
    boolean urgent =
        isAbove(notice.severity(), delivery.told()) && earliest.isBefore(delivery.dueAt());
    Instant due = urgent ? earliest : delivery.dueAt();
    return new Delivery(
        delivery.id(),
        delivery.channel(),
        delivery.place(),
        delivery.site(),
        delivery.area(),
        delivery.line(),
        delivery.incident(),
        worse(delivery.severity(), notice.severity()),
        delivery.told(),
        delivery.alerts() + 1,
        later(delivery.newestAt(), notice.recordedAt()),
        delivery.state(),
        delivery.createdAt(),
        due,
        due,
        0,
        delivery.changedAt(),
        null);
  }

  private Delivery following(@Nullable Delivery before, Notice notice) {
    boolean same =
        before != null && !notice.recordedAt().isAfter(before.newestAt().plus(incidentWithin));
    String told = before == null || !same ? null : toldBy(before);
    Instant due = now.plus(hold);
    // What was given up has told nobody anything.
    if (before != null
        && before.state() != Delivery.State.FAILED
        && !(same && isAbove(notice.severity(), told))) {
      due = later(due, before.plannedAt().plus(window));
    }
    return new Delivery(
        ids.get(),
        notice.channel(),
        notice.place(),
        notice.site(),
        notice.area(),
        notice.line(),
        before == null || !same ? notice.alertId() : before.incident(),
        notice.severity(),
        told,
        1,
        notice.recordedAt(),
        Delivery.State.WAITING,
        now,
        due,
        due,
        0,
        now,
        null);
  }

  private static @Nullable String toldBy(Delivery before) {
    String told = before.told();
    if (before.state() == Delivery.State.FAILED) {
      return told;
    }
    return told == null ? before.severity() : worse(told, before.severity());
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static String worse(String one, String other) {
    return isAbove(other, one) ? other : one;
  }

  /** Whether one is more serious than what has been told; nothing having been told, it is not. */
  private static boolean isAbove(String severity, @Nullable String told) {
    return told != null && severity(severity).compareTo(severity(told)) > 0;
  }

  private static Severity severity(String label) {
    return Severity.valueOf(label.toUpperCase(Locale.ROOT));
  }
}
