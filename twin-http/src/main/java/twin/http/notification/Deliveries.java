package twin.http.notification;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import twin.core.notify.Notifications;
import twin.core.store.Delivery;
import twin.core.store.NotificationTable;
import twin.core.store.Page;

/**
 * Where messages and their channels are looked up.
 *
 * @param page a page of messages; refuses what cannot be with an {@link IllegalArgumentException}
 * @param channels the channels by name
 * @param test sends a test over a channel; none for a channel that there is not
 */
public record Deliveries(
    Function<Delivery.Wanted, CompletionStage<Page<Delivery.Listed>>> page,
    Supplier<CompletionStage<List<Notifications.ChannelState>>> channels,
    Function<String, Optional<CompletionStage<Notifications.Tested>>> test) {

  /** How many alerts of a message are named in a list. */
  private static final int NAMED = 20;

  /** Messages as the table keeps them, and the channels of this node. */
  public static Deliveries of(NotificationTable table, Notifications notifications) {
    return new Deliveries(
        wanted -> table.page(wanted, NAMED), notifications::channels, notifications::test);
  }
}
