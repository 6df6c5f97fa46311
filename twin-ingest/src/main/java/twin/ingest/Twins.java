package twin.ingest;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import twin.core.machine.MachineReply;
import twin.core.reading.SubmittedReading;

/** The twins as ingest sees them: readings go in, and what became of each comes back. */
public interface Twins {

  /**
   * Submits readings of one machine, in order, 1 to 10,000 of them.
   *
   * @param source name of the configured source
   * @param queue the queue in it that the readings' positions refer to
   * @param trace the step of a trace that this is, where one of the readings is followed
   * @return what became of each reading, once that is durable. It fails when nothing is known: the
   *     readings may or may not have been recorded, and submitting the same again is safe. It
   *     completes one way or the other within a bounded time.
   */
  CompletionStage<MachineReply.Recorded> record(
      String machineId,
      List<SubmittedReading> readings,
      String source,
      @Nullable String queue,
      @Nullable String trace);
}
