package twin.simulator;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Simulated machines {@code machine-001}, {@code machine-002}, … that publish at a steady rate from
 * the start until they are closed. Their phases are spread over the period, so that the load is
 * even.
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
  private final Clock clock;
  private final Map<String, SimulatedMachine> machines = new LinkedHashMap<>();
  private final ReadingPublisher publisher;
  private final Thread thread;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private volatile boolean running = true;

  private Fleet(FleetSettings settings, MqttTarget target, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    long firstSeq = clock.millis();
    for (int number = 1; number <= settings.machines(); number++) {
      String id = "machine-%03d".formatted(number);
      machines.put(
          id, new SimulatedMachine(id, number, settings.seed(), firstSeq, settings.profile()));
    }
    publisher = ReadingPublisher.start(target);
    thread = Thread.ofPlatform().name("simulated-fleet").daemon().unstarted(this::run);
  }

  /**
   * Starts the machines. The broker need not be there yet: readings wait for it within the bounds
   * of the target.
   */
  public static Fleet start(FleetSettings settings, MqttTarget target, Clock clock) {
    var fleet = new Fleet(settings, target, clock);
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
   * @throws IllegalArgumentException when there is no such machine
   */
  public void setProfile(String machineId, Profile profile) {
    machine(machineId).setProfile(profile, null);
  }

  /**
   * Puts a machine on a profile for a while; then it returns to normal.
   *
   * @throws IllegalArgumentException when there is no such machine or the duration is not above
   *     zero
   */
  public void setProfile(String machineId, Profile profile, Duration duration) {
    Settings.requirePositive("duration", duration);
    machine(machineId).setProfile(profile, clock.instant().plus(duration));
  }

  /**
   * The profile that a machine is on now.
   *
   * @throws IllegalArgumentException when there is no such machine
   */
  public Profile profile(String machineId) {
    return machine(machineId).profile(clock.instant());
  }

  public SimulatorStatus status() {
    return publisher.status(running, taken.get(), skipped.get());
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
    publisher.drain();
    publisher.close();
  }

  private SimulatedMachine machine(String machineId) {
    @Nullable SimulatedMachine machine = machines.get(machineId);
    if (machine == null) {
      throw new IllegalArgumentException(
          "There is no simulated machine '%s'; there are machine-001 to machine-%03d."
              .formatted(machineId, machines.size()));
    }
    return machine;
  }

  private void run() {
    try {
      takeReadings();
    } catch (InterruptedException e) {
      LOG.debug("The fleet was asked to stop.");
    } finally {
      running = false;
    }
  }

  private void takeReadings() throws InterruptedException {
    double intervalNanos = NANOS_PER_SECOND / settings.rateHz() / machines.size();
    long lagMaxNanos = settings.lagMax().toNanos();
    long startNanos = System.nanoTime();
    long due = 0;
    while (true) {
      for (SimulatedMachine machine : machines.values()) {
        long aheadNanos = startNanos + (long) (due * intervalNanos) - System.nanoTime();
        if (aheadNanos > 0) {
          TimeUnit.NANOSECONDS.sleep(aheadNanos);
        } else if (-aheadNanos > lagMaxNanos) {
          startNanos += skip(-aheadNanos, intervalNanos);
        }
        if (!running) {
          return;
        }
        publisher.offer(machine.read(clock.instant()));
        taken.incrementAndGet();
        due++;
      }
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
