package twin.simulator;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One simulated milling machine with its process, its sequence and its profile. Readings are taken
 * by one thread; the profile may be set by any other.
 */
final class SimulatedMachine {
  static final String TYPE = "milling";

  /** A profile and when it ends; without an end it lasts until it is set again. */
  private record Assignment(Profile profile, @Nullable Instant endsAt) {
    boolean isOver(Instant now) {
      return endsAt != null && !now.isBefore(endsAt);
    }
  }

  private final String id;
  private final int number;
  private final MillingProcess process;
  private final AtomicReference<Assignment> assignment;
  private long nextSeq;
  private Instant lastTimestamp = Instant.MIN;
  private @Nullable SensorFault sensorFault;

  SimulatedMachine(String id, int number, long seed, long firstSeq, Profile profile) {
    this.id = id;
    this.number = number;
    process = new MillingProcess(seedOf(seed, number));
    nextSeq = firstSeq;
    assignment = new AtomicReference<>(new Assignment(profile, null));
  }

  /** Neighbouring numbers give unrelated seeds (the finaliser of SplitMix64). */
  static long seedOf(long seed, int number) {
    long z = seed + number * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  String id() {
    return id;
  }

  void setProfile(Profile profile, @Nullable Instant endsAt) {
    assignment.set(new Assignment(profile, endsAt));
  }

  Profile profile(Instant now) {
    Assignment current = assignment.get();
    return current.isOver(now) ? Profile.NORMAL : current.profile();
  }

  /** The machine's next reading, taken now. */
  Reading read(Instant now) {
    Profile profile = profile(now);
    MillingSample sample = process.step(profile);
    Map<String, ChannelValue> channels = sample.channels();
    breakSensor(profile, channels);
    return new Reading(id, TYPE, timestamp(now), nextSeq++, sample.variant().name(), channels);
  }

  private void breakSensor(Profile profile, Map<String, ChannelValue> channels) {
    if (profile != Profile.SENSOR_FAULT) {
      sensorFault = null;
      return;
    }
    if (sensorFault == null) {
      sensorFault = new SensorFault(number);
    }
    sensorFault.apply(channels);
  }

  /**
   * The time of the clock, but always after the reading before, also when the clock is set back.
   */
  private Instant timestamp(Instant now) {
    Instant timestamp = now.truncatedTo(ChronoUnit.MILLIS);
    if (!timestamp.isAfter(lastTimestamp)) {
      timestamp = lastTimestamp.plusMillis(1);
    }
    lastTimestamp = timestamp;
    return timestamp;
  }
}
