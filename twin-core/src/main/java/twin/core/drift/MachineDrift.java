package twin.core.drift;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import twin.core.history.MachineJournal;
import twin.core.inference.BundleManifest;
import twin.core.inference.ModelProfile;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;

/**
 * How inputs and answers of the bundle that decides for one machine are spread in its last
 * readings, worked out from its journal when somebody asks: a machine has no counts of its own.
 * Safe for use by many threads.
 */
public final class MachineDrift {

  private final MachineJournal journal;
  private final DriftWatch watch;
  private final DriftSettings settings;
  private final ActorSystem<?> system;

  public MachineDrift(
      MachineJournal journal, DriftWatch watch, DriftSettings settings, ActorSystem<?> system) {
    this.journal = journal;
    this.watch = watch;
    this.settings = settings;
    this.system = system;
  }

  /** Of the machine's newest events, as many as the settings say. */
  public CompletionStage<DriftReport> of(MachineState now) {
    long first = Math.max(1, now.revision() - settings.machineReadings() + 1);
    return journal
        .stateOrOldest(now.machineId(), first - 1)
        .thenCompose(
            before ->
                journal
                    .events(now.machineId(), before.revision() + 1, now.revision())
                    .runFold(
                        new Lived(before, now.model(), now.revision()),
                        (lived, event) -> lived.after(event),
                        system))
        .thenApply(lived -> report(now, lived));
  }

  private DriftReport report(MachineState now, Lived lived) {
    ModelProfile model = now.model();
    return new DriftReport.Compared(
            now.typeName(),
            model == null ? "" : model.ref().version(),
            lived.manifest,
            lived.lastsFor(settings.window().minus(settings.slot())),
            lived.counts,
            Map.of(),
            new HashMap<>())
        .report(now.machineId(), lived.from, lived.to, settings);
  }

  /** The machine while its events pass by. */
  private final class Lived {
    private final @Nullable ModelProfile model;
    private final @Nullable BundleManifest manifest;
    private final Census census;
    private final long first;
    private final long events;
    private final Map<Measure, List<long[]>> counts = new LinkedHashMap<>();
    private MachineState state;
    private Instant from = Instant.MAX;
    private Instant to = Instant.MIN;
    private int slot;

    Lived(MachineState before, @Nullable ModelProfile model, long last) {
      this.state = before;
      this.model = model;
      this.manifest =
          model == null ? null : watch.manifest(model.ref().type(), model.ref().version());
      this.census = new Census(manifest);
      this.first = before.revision() + 1;
      this.events = Math.max(1, last - before.revision());
    }

    /** Whether it has seen the machine for long enough: an hour of a day is not like a day. */
    boolean lastsFor(Duration least) {
      return from.isBefore(to) && Duration.between(from, to).compareTo(least) >= 0;
    }

    Lived after(MachineJournal.Recorded event) {
      state = state.apply(event.entry());
      if (event.entry().event() instanceof MachineEvent.ReadingsRecorded
          && Objects.equals(state.model(), model)) {
        census.add(state);
      }
      Instant watermark = state.watermark();
      if (watermark != null) {
        from = watermark.isBefore(from) ? watermark : from;
        to = watermark.isAfter(to) ? watermark : to;
      }
      int next = (int) ((event.revision() - first + 1) * Units.SLOTS / events);
      if (next > slot) {
        slot = next;
        census
            .take()
            .forEach(
                (measure, each) ->
                    counts.computeIfAbsent(measure, absent -> new ArrayList<>()).add(each));
      }
      return this;
    }
  }
}
