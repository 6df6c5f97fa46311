package twin.http;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import twin.core.notify.NotificationSettings;
import twin.core.notify.Notifications;
import twin.core.notify.Outcome;
import twin.core.store.Delivery;
import twin.core.store.Page;
import twin.http.notification.Deliveries;

/** Messages and channels as a test puts them here. The real ones have tests of their own. */
final class TestNotifications {

  static final UUID ID = UUID.fromString("00000000-0000-4000-8000-000000000001");

  final List<Delivery.Wanted> queries = new CopyOnWriteArrayList<>();
  final List<Delivery.Listed> listed = new CopyOnWriteArrayList<>();

  /** What comes of each test. */
  volatile Outcome outcome = new Outcome.Delivered();

  private final NotificationSettings settings =
      NotificationSettings.from(
          ConfigFactory.parseString(
                  """
                  twin.notifications.channels {
                    webhook.enabled = on
                    mail { kind = email, language = ko }
                  }
                  """)
              .withFallback(ConfigFactory.defaultReferenceUnresolved())
              .resolve());

  Deliveries asked() {
    return new Deliveries(
        wanted -> {
          queries.add(wanted);
          if ("broken".equals(wanted.cursor())) {
            throw new IllegalArgumentException("The cursor is not one that this list gave.");
          }
          return CompletableFuture.completedFuture(new Page<>(List.copyOf(listed), null));
        },
        () -> CompletableFuture.completedFuture(channels()),
        name ->
            settings.channels().containsKey(name)
                ? Optional.of(
                    CompletableFuture.completedFuture(new Notifications.Tested(ID, outcome)))
                : Optional.empty());
  }

  private List<Notifications.ChannelState> channels() {
    Instant at = Instant.parse("2025-11-07T15:00:00Z");
    List<Notifications.ChannelState> states = new ArrayList<>();
    settings
        .channels()
        .values()
        .forEach(
            each ->
                states.add(
                    new Notifications.ChannelState(
                        each,
                        each.name().equals("webhook")
                            ? Optional.of(
                                new Delivery.Counts("webhook", 1, 2, 3, at, at, "it answered 502"))
                            : Optional.empty())));
    return states;
  }

  static Delivery.Listed waiting() {
    Instant at = Instant.parse("2025-11-07T15:00:00Z");
    return new Delivery.Listed(
        new Delivery(
            ID,
            "webhook",
            "line",
            "Busan",
            "A",
            "L1",
            "m-1-5",
            "high",
            null,
            1,
            at,
            Delivery.State.WAITING,
            at,
            at,
            at.plusSeconds(4),
            2,
            at.plusSeconds(2),
            "the receiver answered 502"),
        List.of("m-1-5"));
  }
}
