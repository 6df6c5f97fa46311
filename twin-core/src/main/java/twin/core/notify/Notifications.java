package twin.core.notify;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.Delivery;
import twin.core.store.NotificationTable;

/**
 * The channels of this node. All nodes have the same, and each sends what it finds due; no two send
 * the same at the same time. Thread-safe; stop it before the database is closed.
 */
public final class Notifications {

  private static final Logger log = LoggerFactory.getLogger(Notifications.class);

  /** How often what is old is removed, and how much at a time. */
  private static final Duration PRUNE_EVERY = Duration.ofMinutes(1);

  private static final int PRUNE_MAX = 10_000;

  private final NotificationSettings settings;
  private final NotificationTable table;
  private final InstantSource clock;
  private final Map<String, Courier> couriers;
  private final List<Cancellable> timers = new ArrayList<>();
  private final AtomicBoolean looking = new AtomicBoolean();
  private final AtomicBoolean failing = new AtomicBoolean();
  private volatile Map<String, Long> waiting = Map.of();

  private Notifications(
      NotificationSettings settings,
      NotificationTable table,
      InstantSource clock,
      Map<String, Courier> couriers) {
    this.settings = settings;
    this.table = table;
    this.clock = clock;
    this.couriers = Map.copyOf(couriers);
  }

  /**
   * Opens the channels; sends nothing yet.
   *
   * @param others makes notifiers of the kinds that are not webhook, slack or email
   * @throws IllegalArgumentException when a channel cannot be as it is configured
   */
  public static Notifications open(
      NotificationSettings settings,
      NotificationTable table,
      Map<String, Function<ChannelSettings, Notifier>> others,
      InstantSource clock,
      RandomGenerator random,
      MeterRegistry meters) {
    Map<String, Courier> couriers = new HashMap<>();
    for (ChannelSettings channel : settings.channels().values()) {
      // Its own sentences are looked at now rather than when they are needed.
      Wording unused = Wording.of(channel);
      couriers.put(
          channel.name(),
          new Courier(
              channel, settings, notifier(channel, others, clock), table, clock, random, meters));
    }
    Notifications notifications = new Notifications(settings, table, clock, couriers);
    notifications.measure(meters);
    return notifications;
  }

  private static Notifier notifier(
      ChannelSettings channel,
      Map<String, Function<ChannelSettings, Notifier>> others,
      InstantSource clock) {
    return switch (channel.kind()) {
      case "webhook" -> new WebhookNotifier(channel, clock);
      case "slack" -> new SlackNotifier(channel, clock);
      case "email" -> new EmailNotifier(channel, clock);
      default -> {
        Function<ChannelSettings, Notifier> other = others.get(channel.kind());
        if (other == null) {
          throw new IllegalArgumentException(
              "channel %s is of kind %s, which this node does not have"
                  .formatted(channel.name(), channel.kind()));
        }
        yield other.apply(channel);
      }
    };
  }

  private void measure(MeterRegistry meters) {
    for (String channel : couriers.keySet()) {
      Gauge.builder(
              "twin.notifications.waiting", () -> waiting.getOrDefault(channel, 0L).doubleValue())
          .description("Messages that are to be sent or are being sent, the same on each node")
          .tag("channel", channel)
          .strongReference(true)
          .register(meters);
    }
  }

  /** Begins to look for what is to be sent; without channels there is nothing to look for. */
  public void start(ActorSystem<?> system) {
    if (!couriers.isEmpty()) {
      every(system, settings.lookEvery(), this::look);
      every(system, settings.measureEvery(), this::count);
      every(system, PRUNE_EVERY, this::prune);
    }
  }

  private void every(ActorSystem<?> system, Duration pause, Runnable work) {
    timers.add(
        system.scheduler().scheduleWithFixedDelay(pause, pause, work, system.executionContext()));
  }

  private void look() {
    if (looking.compareAndSet(false, true)) {
      table
          .withWork(List.copyOf(couriers.keySet()), clock.instant())
          .thenAccept(channels -> channels.forEach(channel -> look(couriers.get(channel))))
          .whenComplete(
              (done, failure) -> {
                looking.set(false);
                tell(failure);
              });
    }
  }

  private void look(@Nullable Courier courier) {
    if (courier != null) {
      courier.look().whenComplete((begun, failure) -> tell(failure));
    }
  }

  /** Once until it goes well again: the database is asked ten times a second. */
  private void tell(@Nullable Throwable failure) {
    if (failure == null) {
      failing.set(false);
    } else if (failing.compareAndSet(false, true)) {
      log.warn("notifications cannot be looked for; they wait: {}", failure.toString());
    }
  }

  private void count() {
    table
        .counts()
        .thenAccept(
            counts -> {
              Map<String, Long> now = new HashMap<>();
              counts.forEach(each -> now.put(each.channel(), each.waiting()));
              waiting = Map.copyOf(now);
            })
        .whenComplete((done, failure) -> tell(failure));
  }

  private void prune() {
    Instant before = clock.instant().minus(settings.keep());
    table.removeBefore(before, PRUNE_MAX).whenComplete((done, failure) -> tell(failure));
  }

  /** Has each channel look once; for tests, in which no timer runs. */
  CompletionStage<Integer> lookNow() {
    CompletionStage<Integer> begun = CompletableFuture.completedFuture(0);
    for (Courier courier : couriers.values()) {
      begun = begun.thenCombine(courier.look(), Integer::sum);
    }
    return begun;
  }

  /** Whether nothing is being sent. */
  boolean isIdle() {
    return couriers.values().stream().allMatch(Courier::isIdle);
  }

  /**
   * A channel and how it goes.
   *
   * @param counts of its deliveries that are kept; none when it has had none
   */
  public record ChannelState(ChannelSettings channel, Optional<Delivery.Counts> counts) {}

  /** The channels by name. */
  public CompletionStage<List<ChannelState>> channels() {
    return table
        .counts()
        .thenApply(
            counts -> {
              Map<String, Delivery.Counts> byName = new TreeMap<>();
              counts.forEach(each -> byName.put(each.channel(), each));
              return new TreeMap<>(couriers)
                  .values().stream()
                      .map(Courier::channel)
                      .map(
                          each ->
                              new ChannelState(each, Optional.ofNullable(byName.get(each.name()))))
                      .toList();
            });
  }

  /**
   * What came of a test.
   *
   * @param id of its message
   */
  public record Tested(UUID id, Outcome outcome) {}

  /** Sends a message over a channel that says that it is a test; none for an unknown channel. */
  public Optional<CompletionStage<Tested>> test(String channel) {
    UUID id = UUID.randomUUID();
    return Optional.ofNullable(couriers.get(channel))
        .map(courier -> courier.test(id).thenApply(outcome -> new Tested(id, outcome)));
  }

  /**
   * Begins nothing more, and waits within bounds for what is being sent.
   *
   * @param blocking runs the waiting
   */
  public CompletionStage<Done> stop(Executor blocking) {
    timers.forEach(Cancellable::cancel);
    couriers.values().forEach(Courier::stop);
    List<CompletableFuture<Void>> closing =
        couriers.values().stream()
            .map(courier -> CompletableFuture.runAsync(courier::close, blocking))
            .toList();
    return CompletableFuture.allOf(closing.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> Done.getInstance());
  }
}
