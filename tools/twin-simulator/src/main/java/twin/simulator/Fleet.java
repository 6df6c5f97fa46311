package twin.simulator;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Simulated machines of one type, {@code machine-001}, {@code machine-002}, … that publish at a
 * steady rate from the start until they are closed. Their phases are spread over the period, so
 * that the load is even.
 *
 * <p>The {@code seq} of a machine's first reading is the start in milliseconds since 1970, and
 * grows by one from there. A machine takes at most one reading a millisecond, so a fleet that is
 * started again always begins above where it ended, whatever its rate: as long as the clock goes
 * forward a new reading cannot be taken for an old one. Timestamps are those of the clock.
 *
 * <p>Readings are taken by one thread of the fleet's own. Thread-safe.
 */
public final class Fleet implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);
  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private final FleetSettings settings;
  private final ReadingTarget target;
  private final Clock clock;
  private final Consumer<String> overhauls;
  private final Map<String, SimulatedMachine<?>> machines;
  private final ReadingPublisher publisher;
  private final FaultyNetwork network;
  private final Thread thread;
  private final RateMeter takenRate = new RateMeter(System.nanoTime());
  private final AtomicLong skipped = new AtomicLong();
  private long taken;
  private volatile boolean running = true;

  private Fleet(
      FleetSettings settings, ReadingTarget target, Clock clock, Consumer<String> overhauls) {
    this.settings = settings;
    this.target = target;
    this.clock = clock;
    this.overhauls = overhauls;
    machines = machines(SimulatedType.of(settings.machineType()), settings, clock.millis());
    network = new FaultyNetwork(settings.faults());
    publisher = ReadingPublisher.start(target);
    thread = Thread.ofPlatform().name("simulated-fleet").daemon().unstarted(this::run);
  }

  private static <P extends Enum<P>> Map<String, SimulatedMachine<?>> machines(
      SimulatedType<P> type, FleetSettings settings, long firstSeq) {
    Map<String, SimulatedMachine<?>> machines = new LinkedHashMap<>();
    for (int number = 1; number <= settings.machines(); number++) {
      String id = "%s-%03d".formatted(settings.idPrefix(), number);
      var machine =
          new SimulatedMachine<>(type, id, number, settings.seed(), firstSeq, settings.profile());
      machines.put(machine.id(), machine);
    }
    return machines;
  }

  /**
   * Starts the machines. The broker need not be there yet: readings wait for it within the bounds
   * of the target.
   */
  public static Fleet start(FleetSettings settings, ReadingTarget target, Clock clock) {
    return start(settings, target, clock, id -> {});
  }

  /**
   * Starts the machines likewise.
   *
   * @param overhauls is told the id of a machine that was overhauled, while that stands still; by
   *     the thread that takes the readings, and so must return at once
   */
  public static Fleet start(
      FleetSettings settings, ReadingTarget target, Clock clock, Consumer<String> overhauls) {
    var fleet = new Fleet(settings, target, clock, overhauls);
    fleet.thread.start();
    return fleet;
  }

  /** The ids in order; they stay the same. */
  public List<String> machineIds() {
    return List.copyOf(machines.keySet());
  }

  /**
   * Puts a machine on a profile until it is put on another.
   *
   * @throws IllegalArgumentException when there is no such machine or its type has no such profile
   */
  public void setProfile(String machineId, String profile) {
    machine(machineId).setProfile(profile, null);
  }

  /**
   * Puts a machine on a profile for a while; then it returns to normal.
   *
   * @throws IllegalArgumentException when there is no such machine, its type has no such profile,
   *     or the duration is not above zero
   */
  public void setProfile(String machineId, String profile, Duration duration) {
    Settings.requirePositive("duration", duration);
    machine(machineId).setProfile(profile, clock.instant().plus(duration));
  }

  /**
   * The profile that a machine is on now.
   *
   * @throws IllegalArgumentException when there is no such machine
   */
  public String profile(String machineId) {
    return machine(machineId).profile(clock.instant());
  }

  public SimulatorStatus status() {
    synchronized (takenRate) {
      return publisher
          .delivery()
          .status(
              running,
              taken,
              takenRate.perSecond(System.nanoTime()),
              skipped.get(),
              network.counts());
    }
  }

  /** Takes no more readings, waits for the broker within the drain timeout, and disconnects. */
  @Override
  public void close() {
    running = false;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    publisher.drain(target);
    publisher.close();
  }

  private SimulatedMachine<?> machine(String machineId) {
    @Nullable SimulatedMachine<?> machine = machines.get(machineId);
    if (machine == null) {
      throw new IllegalArgumentException(
          "There is no simulated machine '%s'; there are %s to %s."
              .formatted(machineId, machineIds().getFirst(), machineIds().getLast()));
    }
    return machine;
  }

  private void run() {
    try {
      takeReadings();
    } catch (InterruptedException e) {
      LOG.debug("The fleet was asked to stop.", e);
    } finally {
      network.release(System.nanoTime());
      handOver();
      running = false;
    }
  }

  private void takeReadings() throws InterruptedException {
    double intervalNanos = NANOS_PER_SECOND / settings.rateHz() / machines.size();
    long lagMaxNanos = settings.lagMax().toNanos();
    long startNanos = System.nanoTime();
    long due = 0;
    while (true) {
      for (SimulatedMachine<?> machine : machines.values()) {
        long dueNanos = startNanos + (long) (due * intervalNanos);
        awaitTurn(dueNanos);
        if (!running) {
          return;
        }
        long lagNanos = System.nanoTime() - dueNanos;
        if (lagNanos > lagMaxNanos) {
          startNanos += skip(lagNanos, intervalNanos);
        }
        machine.read(clock.instant(), overhauls).ifPresent(this::take);
        handOver();
        due++;
      }
    }
  }

  private void awaitTurn(long dueNanos) throws InterruptedException {
    long aheadNanos = dueNanos - System.nanoTime();
    while (running && aheadNanos > 0) {
      TimeUnit.NANOSECONDS.sleep(Math.min(aheadNanos, network.nanosUntilNext(System.nanoTime())));
      handOver();
      aheadNanos = dueNanos - System.nanoTime();
    }
  }

  private void take(Reading reading) {
    long nowNanos = System.nanoTime();
    network.take(reading, nowNanos);
    synchronized (takenRate) {
      taken++;
      takenRate.count(nowNanos);
    }
  }

  private void handOver() {
    FaultyNetwork.Passage passage = network.poll(System.nanoTime());
    while (passage != null) {
      network.handedOver(passage, publisher.offer(passage.reading()));
      passage = network.poll(System.nanoTime());
    }
  }

  /** Gives up whole intervals, and returns by how many nanoseconds the start thereby moves. */
  private long skip(long lagNanos, double intervalNanos) {
    long intervals = (long) (lagNanos / intervalNanos);
    if (skipped.getAndAdd(intervals) == 0) {
      LOG.warn(
          "The simulator does not keep up with its rate; it has begun to skip readings ({}).",
          intervals);
    }
    return (long) (intervals * intervalNanos);
  }
}
