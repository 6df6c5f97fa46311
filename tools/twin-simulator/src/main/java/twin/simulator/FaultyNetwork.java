package twin.simulator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The way of readings from their machines to the publisher, with its faults. What is taken in comes
 * out of {@link #poll} when it is due. Times are those of {@link System#nanoTime}, and handed in.
 *
 * <p>Used by one thread; only {@link #counts} may be called by others.
 */
final class FaultyNetwork {

  /** A reading on its way, of which there may be two copies. */
  static final class Passage {
    private final Reading reading;
    private boolean handedOver;

    private Passage(Reading reading) {
      this.reading = reading;
    }

    Reading reading() {
      return reading;
    }
  }

  private record Held(Passage passage, long dueNanos, long order) {}

  /** A machine's own way. */
  private static final class Line {
    final RandomGenerator random;
    final long skewMillis;

    /** Copies of one reading that go out behind the machine's next one; at most two. */
    final List<Passage> behind = new ArrayList<>();

    /** Whether no copy of that reading has gone before. */
    boolean behindIsWhole;

    long lastDueNanos = Long.MIN_VALUE;

    Line(NetworkFaults faults, String machineId) {
      random = Seeds.random(Seeds.of(faults.seed(), machineId.hashCode()));
      long mostMillis = faults.clockSkew().toMillis();
      skewMillis = random.nextLong(-mostMillis, mostMillis + 1);
    }
  }

  private final NetworkFaults faults;
  private final Map<String, Line> lines = new HashMap<>();
  private final PriorityQueue<Held> held =
      new PriorityQueue<>(
          Comparator.<Held>comparingLong(Held::dueNanos).thenComparingLong(Held::order));
  private final AtomicLong distinct = new AtomicLong();
  private final AtomicLong duplicated = new AtomicLong();
  private final AtomicLong reordered = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final AtomicLong onTheWay = new AtomicLong();
  private long order;
  private boolean released;

  FaultyNetwork(NetworkFaults faults) {
    this.faults = faults;
  }

  /** Takes a reading as the machine gives it. */
  void take(Reading reading, long nowNanos) {
    Line line = lines.computeIfAbsent(reading.machineId(), id -> new Line(faults, id));
    // All are drawn for each reading, so that one fault does not move the others.
    boolean isLost = line.random.nextDouble() < faults.gaps();
    boolean isDuplicated = line.random.nextDouble() < faults.duplicates();
    boolean copyIsLate = line.random.nextBoolean();
    boolean isReordered = line.random.nextDouble() < faults.reorder();
    if (isLost) {
      lost.incrementAndGet();
      return;
    }
    var passage = new Passage(reading.at(reading.timestamp().plusMillis(line.skewMillis)));
    int copies = isDuplicated ? 2 : 1;
    onTheWay.addAndGet(copies);
    duplicated.addAndGet(copies - 1);
    if (isReordered && line.behind.isEmpty()) {
      line.behind.addAll(Collections.nCopies(copies, passage));
      line.behindIsWhole = true;
      return;
    }
    List<Passage> late = List.copyOf(line.behind);
    reordered.addAndGet(!late.isEmpty() && line.behindIsWhole ? 1 : 0);
    line.behind.clear();
    send(passage, line, nowNanos);
    late.forEach(each -> send(each, line, nowNanos));
    if (isDuplicated && copyIsLate) {
      line.behind.add(passage);
      line.behindIsWhole = false;
    } else if (isDuplicated) {
      send(passage, line, nowNanos);
    }
  }

  private void send(Passage passage, Line line, long nowNanos) {
    long mostNanos = faults.delayMax().toNanos();
    long delayNanos = mostNanos == 0 ? 0 : line.random.nextLong(mostNanos + 1);
    line.lastDueNanos = Math.max(line.lastDueNanos, nowNanos + delayNanos);
    held.add(new Held(passage, line.lastDueNanos, order++));
  }

  /** The next one that is due, or that has to go because too many are held back. */
  @Nullable Passage poll(long nowNanos) {
    Held first = held.peek();
    if (first == null || !mayGo(first, nowNanos)) {
      return null;
    }
    held.remove();
    return first.passage();
  }

  private boolean mayGo(Held first, long nowNanos) {
    return released || first.dueNanos() <= nowNanos || held.size() > faults.heldMax();
  }

  /** How long until {@link #poll} gives something; a very long time when nothing is held back. */
  long nanosUntilNext(long nowNanos) {
    Held first = held.peek();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.dueNanos() - nowNanos);
  }

  /** Holds nothing back any more: {@link #poll} gives everything that is left, in its order. */
  void release(long nowNanos) {
    released = true;
    for (Line line : lines.values()) {
      line.behind.forEach(passage -> send(passage, line, nowNanos));
      line.behind.clear();
    }
  }

  /** Notes what became of a passage. */
  void handedOver(Passage passage, boolean accepted) {
    onTheWay.decrementAndGet();
    if (accepted && !passage.handedOver) {
      passage.handedOver = true;
      distinct.incrementAndGet();
    }
  }

  FaultCounts counts() {
    return new FaultCounts(
        distinct.get(), duplicated.get(), reordered.get(), lost.get(), onTheWay.get());
  }
}
