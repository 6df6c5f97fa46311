package twin.core.history;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.machine.EventCodec;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.store.CoarseEvent;
import twin.core.store.CoarseEventHandler;
import twin.core.store.PeriodRow;
import twin.core.store.PeriodTable;
import twin.core.store.Transaction;

/** Keeps the summaries of what machines measured. Each event counts exactly once. */
public final class PeriodProjection implements CoarseEventHandler {

  /** Names its offsets, for ever. */
  public static final String NAME = "periods";

  private final PeriodTable periods;

  public PeriodProjection(PeriodTable periods) {
    this.periods = periods;
  }

  @Override
  public void handle(Transaction transaction, CoarseEvent event) {
    if (!event.manifest().equals(MachineEvent.PERIOD)) {
      return;
    }
    MachineEvent period = EventCodec.decode(event.manifest(), event.payload()).event();
    if (period instanceof MachineEvent.PeriodSummarized summary) {
      periods.add(
          transaction,
          MachineTwin.machineId(event.persistenceId()),
          row(summary, event.sequenceNumber()));
    }
  }

  /**
   * What a machine has read since its last summary, as the row that it would be.
   *
   * @param now the machine as it is
   */
  public static Optional<PeriodRow> open(MachineState now) {
    return Optional.ofNullable(now.definition())
        .flatMap(definition -> now.period().summary(definition.type()))
        .map(summary -> row(summary, now.revision()));
  }

  /**
   * A summary as a row.
   *
   * @param revision of the event
   */
  public static PeriodRow row(MachineEvent.PeriodSummarized summary, long revision) {
    Map<String, PeriodRow.ChannelValues> channels = new LinkedHashMap<>();
    for (MachineEvent.ChannelSummary each : summary.channels()) {
      channels.put(
          each.channel(),
          new PeriodRow.ChannelValues(each.values(), each.min(), each.max(), each.mean()));
    }
    return new PeriodRow(
        summary.from(),
        summary.from(),
        summary.to(),
        revision,
        summary.firstRevision(),
        summary.lastRevision(),
        summary.readings(),
        channels,
        finite(summary.worstScore()),
        finite(summary.leastRul()));
  }

  /** A model may say anything; one machine's odd number must not hold up the others. */
  private static @Nullable Double finite(@Nullable Double number) {
    return number != null && Double.isFinite(number) ? number : null;
  }
}
