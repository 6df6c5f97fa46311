package twin.core.notify;

import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import twin.core.store.AlertChange;
import twin.core.store.AlertFollower;
import twin.core.store.AlertRow;
import twin.core.store.Notice;
import twin.core.store.NotificationTable;
import twin.core.store.Transaction;

/** Leaves a notice for each channel that a route chooses for a change of an alert. Thread-safe. */
public final class Notifying implements AlertFollower {

  private final NotificationTable table;
  private final NotificationSettings settings;
  private final InstantSource clock;

  public Notifying(NotificationTable table, NotificationSettings settings, InstantSource clock) {
    this.table = table;
    this.settings = settings;
    this.clock = clock;
  }

  @Override
  public void changed(Transaction transaction, AlertRow after, AlertChange change) {
    Optional<Change> what = Change.of(change);
    // Whoever reads the journal again must not tell people of what is long over.
    if (what.isEmpty() || change.recordedAt().isBefore(clock.instant().minus(settings.ageMax()))) {
      return;
    }
    Set<String> channels = new TreeSet<>();
    settings.routes().forEach(route -> channels.addAll(route.of(after, what.get())));
    if (channels.isEmpty()) {
      return;
    }
    String json = ChangeJson.of(after, change, what.get()).toString();
    for (String channel : channels) {
      table.add(transaction, notice(channel, after, change, json));
    }
  }

  private static Notice notice(String channel, AlertRow after, AlertChange change, String json) {
    AlertRow.Origin origin = after.origin();
    return new Notice(
        channel,
        after.alertId(),
        change.revision(),
        change.recordedAt(),
        place(after),
        after.machineId(),
        origin.site(),
        origin.area(),
        origin.line(),
        after.severity(),
        json);
  }

  /** As incidents have it: a machine of which no line is known is a line by itself. */
  private static String place(AlertRow alert) {
    AlertRow.Origin origin = alert.origin();
    return origin.line() == null
        ? "machine\t" + alert.machineId()
        : String.join(
            "\t", "line", known(origin.site()), known(origin.area()), known(origin.line()));
  }

  private static String known(@Nullable String name) {
    return name == null ? "" : name;
  }
}
