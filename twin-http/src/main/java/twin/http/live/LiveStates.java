package twin.http.live;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The newest state of each machine that changed while somebody listened, once for all streams of
 * this node. At each tick what has changed since the one before is put on the board, machines in
 * the order of their last change. A listener is no more than a place on the board: however slowly
 * it reads, nothing waits for it but the newest states, and no state is encoded for it alone.
 * Thread-safe.
 */
final class LiveStates {

  /** How many ticks back it is known when a machine was on the board. */
  private static final int TICKS_KNOWN = Long.SIZE;

  private final int machinesMax;
  private final Outbox changes;
  private final Map<String, Slot> byMachine = new ConcurrentHashMap<>();
  private final Map<String, Slot> byChange = new LinkedHashMap<>();
  private volatile Board board = new Board(0, new Slot[0], 0);

  LiveStates(int machinesMax) {
    this.machinesMax = machinesMax;
    this.changes = new Outbox(machinesMax);
  }

  /** What can be seen since a tick. The array is never changed. */
  private record Board(
      long tick, @SuppressWarnings("ArrayRecordComponent") Slot[] slots, long lost) {}

  /** A machine's place on the board. */
  private static final class Slot {
    private volatile Version newest;

    Slot(Version first) {
      newest = first;
    }
  }

  /** A state of a machine as it was put on the board; encoded when the first listener takes it. */
  private static final class Version {
    private final @Nullable String site;
    private final long tick;
    // Bit k: the machine was put on the board k ticks before this one, too.
    private final long ticks;
    private @Nullable Supplier<byte[]> state;
    private @Nullable LiveMessage message;

    Version(LiveChange change, long tick, @Nullable Version before) {
      this.site = change.site();
      this.tick = tick;
      this.state = change.state();
      long ago = before == null ? TICKS_KNOWN : tick - before.tick;
      this.ticks = 1 | (before == null || ago >= TICKS_KNOWN ? 0 : before.ticks << ago);
    }

    synchronized LiveMessage message() {
      LiveMessage made = message;
      if (made == null && state != null) {
        made = LiveMessage.of("state", state.get());
        message = made;
        // It holds the whole twin's state.
        state = null;
      }
      if (made == null) {
        throw new IllegalStateException("a version has neither a state nor a message");
      }
      return made;
    }

    /** How many states between that tick and this one were never taken. */
    int missedSince(long seen) {
      long between = Math.min(tick - seen, TICKS_KNOWN) - 1;
      return between <= 0 ? 0 : Long.bitCount((ticks >>> 1) << (Long.SIZE - between));
    }
  }

  /**
   * Up to where a listener has been told.
   *
   * @param tick it has been told of all that was on the board at that tick
   * @param round what it is being told of now, if it is in the midst of that
   * @param lost how many changes never came on the board then
   */
  record Place(long tick, @Nullable Round round, long lost) {}

  /**
   * What a listener walks through: the newest state of each machine that has changed.
   *
   * @param slots as they were at the tick; whoever is slow finds newer states in them
   * @param next the next one
   * @param tick when it began
   */
  private record Round(
      @SuppressWarnings("ArrayRecordComponent") Slot[] slots, int next, long tick, long lost) {}

  /**
   * What a listener is told next.
   *
   * @param dropped how many states it will never be told of
   */
  record Taken(List<LiveMessage> states, long dropped, Place place) {
    Taken {
      states = List.copyOf(states);
    }
  }

  /**
   * Which states a listener wants.
   *
   * @param machine only this one's
   * @param site of what machines
   */
  record Wanted(Optional<String> machine, Predicate<@Nullable String> site) {}

  /** Whether anybody listens. While nobody does, a change costs nothing. */
  synchronized void open(boolean wanted) {
    changes.open(wanted);
    if (!wanted) {
      byMachine.clear();
      byChange.clear();
      board = new Board(board.tick(), new Slot[0], board.lost());
    }
  }

  void offer(Supplier<LiveChange> change) {
    changes.offer(change);
  }

  /** Puts on the board what has happened since the last time. */
  synchronized void publish() {
    long tick = board.tick() + 1;
    List<LiveChange> taken = changes.take();
    for (LiveChange change : taken) {
      Slot slot = byChange.remove(change.machineId());
      if (slot == null) {
        slot = new Slot(new Version(change, tick, null));
        byMachine.put(change.machineId(), slot);
      } else {
        slot.newest = new Version(change, tick, slot.newest);
      }
      byChange.put(change.machineId(), slot);
    }
    forgetSurplus();
    board =
        new Board(
            tick,
            taken.isEmpty() ? board.slots() : byChange.values().toArray(Slot[]::new),
            changes.lost());
  }

  /** Those whose last change is longest ago. */
  private void forgetSurplus() {
    Iterator<String> oldest = byChange.keySet().iterator();
    while (byChange.size() > machinesMax) {
      byMachine.remove(oldest.next());
      oldest.remove();
    }
  }

  /** Where a listener begins. */
  Place now() {
    Board now = board;
    return new Place(now.tick(), null, now.lost());
  }

  /** The tick that the board shows. */
  long tick() {
    return board.tick();
  }

  /**
   * What a listener has not been told of yet.
   *
   * @param most how many states it takes at once
   */
  Taken take(Place place, Wanted wanted, int most) {
    return wanted
        .machine()
        .map(machine -> one(place, machine, wanted))
        .orElseGet(() -> several(place, wanted, most));
  }

  private Taken one(Place place, String machine, Wanted wanted) {
    Board now = board;
    Slot slot = byMachine.get(machine);
    Version newest = slot == null ? null : slot.newest;
    long seen = newest == null ? now.tick() : Math.max(now.tick(), newest.tick);
    Place reached = new Place(seen, null, now.lost());
    if (newest == null || newest.tick <= place.tick() || !wanted.site().test(newest.site)) {
      return new Taken(List.of(), 0, reached);
    }
    return new Taken(List.of(newest.message()), newest.missedSince(place.tick()), reached);
  }

  private Taken several(Place place, Wanted wanted, int most) {
    Round round = place.round() == null ? round(place) : place.round();
    List<LiveMessage> states = new ArrayList<>();
    // Of which machines there was no room for a change is not known.
    long dropped = place.round() == null ? round.lost() - place.lost() : 0;
    int next = round.next();
    while (next < round.slots().length && states.size() < most) {
      Version newest = round.slots()[next].newest;
      if (wanted.site().test(newest.site)) {
        states.add(newest.message());
        dropped += newest.missedSince(place.tick());
      }
      next++;
    }
    boolean over = next == round.slots().length;
    Place reached =
        over
            ? new Place(round.tick(), null, round.lost())
            : new Place(
                place.tick(),
                new Round(round.slots(), next, round.tick(), round.lost()),
                round.lost());
    return new Taken(states, dropped, reached);
  }

  private Round round(Place place) {
    Board now = board;
    int first = now.slots().length;
    while (first > 0 && now.slots()[first - 1].newest.tick > place.tick()) {
      first--;
    }
    return new Round(now.slots(), first, now.tick(), now.lost());
  }
}
