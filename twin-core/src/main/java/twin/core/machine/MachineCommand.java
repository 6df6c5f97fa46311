package twin.core.machine;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertVerb;
import twin.core.reading.SubmittedReading;

/** What can be asked of a twin. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
@JsonSubTypes({
  @JsonSubTypes.Type(value = MachineCommand.RecordReadings.class, name = "record"),
  @JsonSubTypes.Type(value = MachineCommand.Register.class, name = "register"),
  @JsonSubTypes.Type(value = MachineCommand.Describe.class, name = "describe"),
  @JsonSubTypes.Type(value = MachineCommand.Retire.class, name = "retire"),
  @JsonSubTypes.Type(value = MachineCommand.Acknowledge.class, name = "acknowledge"),
  @JsonSubTypes.Type(value = MachineCommand.ChangeAlert.class, name = "alert"),
  @JsonSubTypes.Type(value = MachineCommand.GiveVerdict.class, name = "verdict"),
  @JsonSubTypes.Type(value = MachineCommand.RecordMaintenance.class, name = "maintenance"),
  @JsonSubTypes.Type(value = MachineCommand.Due.class, name = "due"),
  @JsonSubTypes.Type(value = MachineCommand.GetState.class, name = "state")
})
public sealed interface MachineCommand extends Message {

  /** A command that may change the twin. */
  sealed interface Change extends MachineCommand {}

  /**
   * Record readings, in this order. Answered with {@link MachineReply.Recorded} once they are
   * durable.
   *
   * @param source name of the configured source
   * @param queue the queue in it that the readings' positions refer to
   * @param trace the step of a trace that this is, where one of the readings is followed
   */
  record RecordReadings(
      List<SubmittedReading> readings,
      String source,
      @Nullable String queue,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String trace,
      ActorRef<MachineReply.Recorded> replyTo)
      implements Change {

    /** Most readings that a command may carry. */
    public static final int MAX_READINGS = 10_000;

    /** Readings that nobody follows. */
    public RecordReadings(
        List<SubmittedReading> readings,
        String source,
        @Nullable String queue,
        ActorRef<MachineReply.Recorded> replyTo) {
      this(readings, source, queue, null, replyTo);
    }

    @JsonCreator
    public RecordReadings {
      readings = List.copyOf(readings);
      if (readings.isEmpty() || readings.size() > MAX_READINGS) {
        throw new IllegalArgumentException(
            "a command carries 1 to %d readings, not %d".formatted(MAX_READINGS, readings.size()));
      }
    }
  }

  /**
   * Register the machine, with a description.
   *
   * @param machineType its type; null: its first reading tells
   */
  record Register(
      Description description,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String machineType,
      String principal,
      String reason,
      ActorRef<MachineReply.Changed> replyTo)
      implements Change {}

  /**
   * Replace its description, and its type with its history kept.
   *
   * @param machineType null: the one that it has
   * @param expected what its description must be before; null when that does not matter
   */
  record Describe(
      Description description,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String machineType,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Description expected,
      String principal,
      String reason,
      ActorRef<MachineReply.Changed> replyTo)
      implements Change {}

  /**
   * Take no more readings; the history stays.
   *
   * @param expected what its description must be; null when that does not matter
   */
  record Retire(
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Description expected,
      String principal,
      String reason,
      ActorRef<MachineReply.Changed> replyTo)
      implements Change {}

  /** Take note of an alert. */
  record Acknowledge(
      String alertId, String principal, String reason, ActorRef<MachineReply.Changed> replyTo)
      implements Change {}

  /**
   * Do something about an alert.
   *
   * @param verb what
   * @param until when it comes back, for {@link AlertVerb#SHELVE}; null for every other
   */
  record ChangeAlert(
      String alertId,
      AlertVerb verb,
      @Nullable Instant until,
      String principal,
      String reason,
      ActorRef<MachineReply.Changed> replyTo)
      implements Change {
    public ChangeAlert {
      if ((until != null) != (verb == AlertVerb.SHELVE)) {
        throw new IllegalArgumentException("an alert is shelved until a time, and nothing else is");
      }
    }
  }

  /**
   * Judge an alert, open or closed.
   *
   * @param verdict {@code real}, {@code false} or {@code unknown}
   * @param finding what was found at the machine
   */
  record GiveVerdict(
      String alertId,
      String verdict,
      @Nullable String finding,
      String note,
      String principal,
      ActorRef<MachineReply.Changed> replyTo)
      implements Change {}

  /**
   * Record that it was maintained: baselines start anew.
   *
   * @param failureMode the failure that was repaired; null: none is known of
   */
  record RecordMaintenance(
      String kind,
      String note,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String failureMode,
      String principal,
      ActorRef<MachineReply.Changed> replyTo)
      implements Change {
    @JsonCreator
    public RecordMaintenance {}

    /** One without a failure. */
    public RecordMaintenance(
        String kind, String note, String principal, ActorRef<MachineReply.Changed> replyTo) {
      this(kind, note, null, principal, replyTo);
    }
  }

  /** Something has become due by the clock. Not answered. */
  record Due(Kind kind) implements Change {

    /** What can become due. */
    public enum Kind {
      /** Nothing has been heard for too long, perhaps. */
      SILENCE,
      /** The time for which an alert was shelved is over, perhaps. */
      UNSHELVE,
      /** Nobody has acknowledged an alert for too long, perhaps. */
      ESCALATE;

      /** The name in the table of deadlines. */
      public String label() {
        return name().toLowerCase(Locale.ROOT);
      }

      /** The kind of a name; empty for one that only a later version knows. */
      public static Optional<Kind> ofLabel(String label) {
        return Arrays.stream(values()).filter(kind -> kind.label().equals(label)).findFirst();
      }
    }
  }

  /** Tell the state. Answered with {@link MachineReply.State}. */
  record GetState(ActorRef<MachineReply.State> replyTo) implements MachineCommand {}
}
