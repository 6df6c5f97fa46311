package twin.simulator;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One simulated machine with its process, its sequence and its profile. Readings are taken by one
 * thread; the profile may be set by any other.
 *
 * @param <P> the profiles of its type
 */
final class SimulatedMachine<P extends Enum<P>> {

  /** A profile and when it ends; without an end it lasts until it is set again. */
  private record Assignment<P>(P profile, @Nullable Instant endsAt) {
    boolean isOver(Instant now) {
      return endsAt != null && !now.isBefore(endsAt);
    }
  }

  private final SimulatedType<P> type;
  private final String id;
  private final MachineProcess<P> process;
  private final AtomicReference<Assignment<P>> assignment;
  private long nextSeq;
  private Instant lastTimestamp = Instant.MIN;

  SimulatedMachine(
      SimulatedType<P> type, String id, int number, long seed, long firstSeq, String profile) {
    this.type = type;
    this.id = id;
    process = type.newProcess(Seeds.of(seed, number), number);
    nextSeq = firstSeq;
    assignment = new AtomicReference<>(new Assignment<>(type.profile(profile), null));
  }

  String id() {
    return id;
  }

  void setProfile(String profile, @Nullable Instant endsAt) {
    assignment.set(new Assignment<>(type.profile(profile), endsAt));
  }

  String profile(Instant now) {
    return SimulatedType.wireName(current(now));
  }

  /**
   * The machine's next reading, taken now; none while the machine stands still.
   *
   * @param overhauls is told the machine's id when it was overhauled
   */
  Optional<Reading> read(Instant now, Consumer<String> overhauls) {
    return switch (process.step(current(now))) {
      case Step.Measured measured ->
          Optional.of(
              new Reading(
                  id,
                  type.name(),
                  timestamp(now),
                  nextSeq++,
                  measured.attributes(),
                  measured.channels()));
      case Step.Standing standing -> {
        if (standing.overhauled()) {
          overhauls.accept(id);
        }
        yield Optional.empty();
      }
    };
  }

  private P current(Instant now) {
    Assignment<P> current = assignment.get();
    return current.isOver(now) ? type.normal() : current.profile();
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
