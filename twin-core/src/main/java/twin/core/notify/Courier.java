package twin.core.notify;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.Delivery;
import twin.core.store.NotificationTable;

/**
 * Sends the messages of one channel on this node, on threads of its own, so that a channel that is
 * dead holds up no other. Thread-safe.
 */
final class Courier implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Courier.class);
  private static final Duration IDLE_THREAD = Duration.ofSeconds(30);

  private final ChannelSettings channel;
  private final NotificationSettings settings;
  private final Notifier notifier;
  private final NotificationTable table;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final ThreadPoolExecutor senders;
  private final AtomicBoolean looking = new AtomicBoolean();
  private final AtomicBoolean failing = new AtomicBoolean();
  private final AtomicBoolean testing = new AtomicBoolean();
  private final AtomicInteger sending = new AtomicInteger();
  private final Counter delivered;
  private final Counter retried;
  private final Counter failed;
  private volatile boolean stopping;

  Courier(
      ChannelSettings channel,
      NotificationSettings settings,
      Notifier notifier,
      NotificationTable table,
      InstantSource clock,
      RandomGenerator random,
      MeterRegistry meters) {
    this.channel = channel;
    this.settings = settings;
    this.notifier = notifier;
    this.table = table;
    this.clock = clock;
    this.random = random;
    // No more than that many are begun at a time, so that none is ever refused while the node runs.
    this.senders =
        new ThreadPoolExecutor(
            channel.concurrency(),
            channel.concurrency(),
            IDLE_THREAD.toSeconds(),
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(channel.concurrency()),
            threads(channel).factory());
    senders.allowCoreThreadTimeOut(true);
    this.delivered = counter("delivered", meters);
    this.retried = counter("retried", meters);
    this.failed = counter("failed", meters);
  }

  private static Thread.Builder.OfPlatform threads(ChannelSettings channel) {
    return Thread.ofPlatform().name("notify-" + channel.name() + "-", 0).daemon();
  }

  private Counter counter(String outcome, MeterRegistry meters) {
    return Counter.builder("twin.notifications")
        .description("Attempts of this node to send a message, by what came of them")
        .tag("channel", channel.name())
        .tag("outcome", outcome)
        .register(meters);
  }

  ChannelSettings channel() {
    return channel;
  }

  /**
   * Makes deliveries of new notices, and begins to send as many of those that are due as there are
   * threads for.
   *
   * @return how many it has begun to send
   */
  CompletionStage<Integer> look() {
    if (stopping || !looking.compareAndSet(false, true)) {
      return CompletableFuture.completedFuture(0);
    }
    Instant now = clock.instant();
    Gathering gathering =
        new Gathering(
            channel.window(), channel.hold(), settings.incidentWithin(), now, UUID::randomUUID);
    return table
        .gather(channel.name(), settings.gatherMax(), gathering)
        .thenCompose(gathered -> take(now))
        .thenApply(
            taken -> {
              taken.forEach(this::begin);
              return taken.size();
            })
        .whenComplete((begun, failure) -> looking.set(false));
  }

  private CompletionStage<List<Delivery.Taken>> take(Instant now) {
    int free = channel.concurrency() - sending.get();
    return free <= 0
        ? CompletableFuture.completedFuture(List.of())
        : table.take(channel.name(), now, now.plus(settings.aloneFor()), free, settings.named());
  }

  private void begin(Delivery.Taken taken) {
    sending.incrementAndGet();
    try {
      senders.execute(
          () -> {
            try {
              send(taken);
            } finally {
              sending.decrementAndGet();
            }
          });
    } catch (RejectedExecutionException e) {
      sending.decrementAndGet();
      table.again(taken.delivery(), clock.instant(), clock.instant(), "the node was stopped");
    }
  }

  private void send(Delivery.Taken taken) {
    Delivery delivery = taken.delivery();
    Outcome outcome;
    try {
      outcome = notifier.send(Message.of(taken, channel, settings.publicUrl()));
    } catch (InterruptedException e) {
      outcome = new Outcome.Again("the node was stopped", Optional.of(Duration.ZERO));
    } catch (RuntimeException e) {
      log.error("channel {} failed in a way that nobody thought of", channel.name(), e);
      outcome = new Outcome.Again("the program failed: " + e.getClass().getSimpleName());
    }
    CompletionStage<Boolean> written = settle(delivery, outcome);
    // The thread is free again only when the outcome is known, so that no more is in hand than
    // that.
    try {
      written.toCompletableFuture().join();
    } catch (RuntimeException e) {
      log.warn(
          "what came of delivery {} of channel {} cannot be written down; it is sent again: {}",
          delivery.id(),
          channel.name(),
          e.toString());
    }
  }

  private CompletionStage<Boolean> settle(Delivery delivery, Outcome outcome) {
    Instant now = clock.instant();
    return switch (outcome) {
      case Outcome.Delivered ok -> {
        delivered.increment();
        if (failing.compareAndSet(true, false)) {
          log.info("channel {} takes messages again", channel.name());
        }
        yield table.delivered(delivery, now);
      }
      case Outcome.Again again when delivery.attempts() < channel.retry().attemptsMax() -> {
        retried.increment();
        if (failing.compareAndSet(false, true)) {
          log.warn("channel {} does not take messages: {}", channel.name(), again.why());
        }
        Duration pause =
            stopping
                ? Duration.ZERO
                : channel.retry().after(delivery.attempts(), again.after(), random);
        yield table.again(delivery, now, now.plus(pause), again.why());
      }
      case Outcome.Again again -> giveUp(delivery, now, again.why());
      case Outcome.Refused refused -> giveUp(delivery, now, refused.why());
    };
  }

  private CompletionStage<Boolean> giveUp(Delivery delivery, Instant now, String why) {
    failed.increment();
    log.warn(
        "delivery {} of channel {} is given up after {} attempts: {}",
        delivery.id(),
        channel.name(),
        delivery.attempts(),
        why);
    return table.failed(delivery, now, why);
  }

  /** Sends a message that says that it is a test, also while all threads wait for the channel. */
  CompletionStage<Outcome> test(UUID id) {
    if (!testing.compareAndSet(false, true)) {
      return CompletableFuture.completedFuture(
          new Outcome.Again("another test of this channel is under way"));
    }
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    Thread unused =
        threads(channel)
            .start(
                () -> {
                  try {
                    outcome.complete(
                        notifier.send(Message.test(id, channel, settings.publicUrl())));
                  } catch (InterruptedException e) {
                    outcome.complete(new Outcome.Again("the node was stopped"));
                  } catch (RuntimeException e) {
                    outcome.completeExceptionally(e);
                  } finally {
                    testing.set(false);
                  }
                });
    return outcome;
  }

  /** Whether nothing is being sent. */
  boolean isIdle() {
    return sending.get() == 0;
  }

  /** Begins nothing more. */
  void stop() {
    stopping = true;
  }

  /** Waits for what is being sent, and interrupts what takes too long: it is sent again. */
  @Override
  public void close() {
    stop();
    senders.shutdown();
    try {
      if (!senders.awaitTermination(settings.stopWithin().toMillis(), TimeUnit.MILLISECONDS)) {
        senders.shutdownNow();
        senders.awaitTermination(settings.stopWithin().toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      notifier.close();
    }
  }
}
