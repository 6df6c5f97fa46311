package twin.core.deadline;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineState;
import twin.core.machine.SilenceDeadline;
import twin.core.machine.TwinChanged;
import twin.core.store.Deadline;
import twin.core.store.DeadlineTable;

/**
 * Keeps the deadlines of this node's twins in the database, for the time when they sleep or the
 * node is gone. A deadline is written with some slack, and again only when it has moved by that
 * much, so that a machine that sends every second costs a row every half minute. Thread-safe.
 */
public final class DeadlineWriter implements Consumer<TwinChanged> {

  private static final Logger log = LoggerFactory.getLogger(DeadlineWriter.class);
  private static final String SILENCE = MachineCommand.Due.Kind.SILENCE.label();

  private final DeadlineTable table;
  private final DeadlineSettings settings;
  private final InstantSource clock;
  private final Map<String, Wanted> wanted = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<String, Wanted> unwritten = new LinkedHashMap<>();
  private final AtomicBoolean writing = new AtomicBoolean();

  /**
   * What a machine wants.
   *
   * @param dueAt null for nothing
   */
  private record Wanted(@Nullable Instant dueAt) {
    boolean covers(@Nullable Instant due, Duration slack) {
      if (due == null || dueAt == null) {
        return Objects.equals(due, dueAt);
      }
      return !due.isAfter(dueAt) && dueAt.isBefore(due.plus(slack));
    }
  }

  DeadlineWriter(DeadlineTable table, DeadlineSettings settings, InstantSource clock) {
    this.table = table;
    this.settings = settings;
    this.clock = clock;
  }

  /** One that writes as long as the system runs. */
  public static DeadlineWriter start(
      DeadlineTable table, DeadlineSettings settings, InstantSource clock, ActorSystem<?> system) {
    DeadlineWriter writer = new DeadlineWriter(table, settings, clock);
    system
        .scheduler()
        .scheduleWithFixedDelay(
            settings.writeEvery(), settings.writeEvery(), writer::write, system.executionContext());
    return writer;
  }

  @Override
  public void accept(TwinChanged changed) {
    follow(changed.state());
  }

  /** Takes note of when a machine, as it is now, wants its twin to be woken. */
  void follow(MachineState state) {
    Duration slack = SilenceDeadline.slack(state);
    Optional<Instant> due = SilenceDeadline.of(state, clock.instant());
    synchronized (this) {
      Wanted before = wanted.get(state.machineId());
      if (before != null && before.covers(due.orElse(null), slack)) {
        return;
      }
      Wanted now = new Wanted(due.map(time -> time.plus(slack)).orElse(null));
      wanted.put(state.machineId(), now);
      unwritten.put(state.machineId(), now);
      if (wanted.size() > settings.rememberedMax()) {
        Iterator<String> oldest = wanted.keySet().iterator();
        oldest.next();
        oldest.remove();
      }
    }
  }

  /** Writes what has gathered. What fails is written with the next. */
  void write() {
    if (!writing.compareAndSet(false, true)) {
      return;
    }
    Map<String, Wanted> batch = take();
    if (batch.isEmpty()) {
      writing.set(false);
      return;
    }
    List<Deadline> set = new ArrayList<>();
    List<Deadline> removed = new ArrayList<>();
    batch.forEach(
        (machineId, deadline) -> {
          Instant due = deadline.dueAt();
          if (due == null) {
            removed.add(new Deadline(machineId, SILENCE, Instant.EPOCH));
          } else {
            set.add(new Deadline(machineId, SILENCE, due));
          }
        });
    var unused =
        table
            .change(set, removed)
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    log.warn("deadlines are written later: {}", failure.getMessage());
                    giveBack(batch);
                  }
                  writing.set(false);
                });
  }

  private synchronized Map<String, Wanted> take() {
    Map<String, Wanted> batch = new LinkedHashMap<>();
    Iterator<Map.Entry<String, Wanted>> entries = unwritten.entrySet().iterator();
    while (entries.hasNext() && batch.size() < settings.batch()) {
      Map.Entry<String, Wanted> each = entries.next();
      batch.put(each.getKey(), each.getValue());
      entries.remove();
    }
    return batch;
  }

  private synchronized void giveBack(Map<String, Wanted> batch) {
    batch.forEach(unwritten::putIfAbsent);
  }
}
