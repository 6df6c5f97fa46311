package twin.core.machine;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertState;
import twin.core.feature.Baseline;
import twin.core.inference.Contribution;
import twin.core.inference.ModelProfile;
import twin.core.type.MachineType;
import twin.core.type.Severity;

/**
 * What can happen to a machine. The journal keeps these for ever: a component may be added, with
 * absence meaning what was true before; none may be renamed or change its meaning. Each kind has a
 * short manifest of its own and a golden file.
 */
public sealed interface MachineEvent {

  /** Manifest of the only fine-grained event; the read side reads all others. */
  String READINGS = "readings";

  /** Manifest of the changes of alerts. */
  String ALERT = "alert";

  /** Manifest of the summaries of readings. */
  String PERIOD = "period";

  /** Somebody registered the machine before or after it was first heard of. */
  record MachineRegistered(Description description) implements MachineEvent {}

  /** Somebody changed its description. */
  record MachineDescribed(Description description) implements MachineEvent {}

  /** It takes no more readings; its history stays. */
  record MachineRetired() implements MachineEvent {}

  /**
   * From here on its readings are judged by this definition.
   *
   * @param keepsCounts whether alert rules that are as they were go on where they stood; absent:
   *     when any rule is another, all begin to count anew
   */
  record DefinitionAssigned(
      MachineType definition, @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean keepsCounts)
      implements MachineEvent {
    @JsonCreator
    public DefinitionAssigned {}

    /** The first of a machine. */
    public DefinitionAssigned(MachineType definition) {
      this(definition, false);
    }
  }

  /**
   * From here on these models assess its readings.
   *
   * @param shadow whose opinion is recorded and never acted on
   */
  record ModelAssigned(ModelProfile champion, @Nullable ModelProfile shadow)
      implements MachineEvent {}

  /** Readings, in the order of arrival, with what was concluded from each. */
  record ReadingsRecorded(List<AssessedReading> readings) implements MachineEvent {
    public ReadingsRecorded {
      readings = List.copyOf(readings);
    }
  }

  /** The device began to count anew: what follows belongs to a new run. */
  record SequenceRestarted(long seq) implements MachineEvent {}

  /**
   * Enough is known of what is normal for these channels.
   *
   * @param baselines of all channels that are calibrated by now
   * @param thresholds a threshold for each modality; empty: those of the model
   */
  record CalibrationCompleted(List<Baseline> baselines, List<Double> thresholds)
      implements MachineEvent {
    public CalibrationCompleted {
      baselines = List.copyOf(baselines);
      thresholds = List.copyOf(thresholds);
    }
  }

  /** A threshold followed what has been normal lately. */
  record ThresholdAdapted(String modality, double from, double to) implements MachineEvent {}

  /**
   * Status or health changed enough to tell the read side.
   *
   * @param health 0 to 1
   * @param score greatest anomaly score as a multiple of its threshold
   * @param failureMode leading failure mode when failure is likely, else empty
   * @param rulP50 median RUL in the type's unit
   */
  record HealthChanged(
      Status status,
      @Nullable Double health,
      @Nullable Double score,
      @Nullable Double failureProbability,
      String failureMode,
      @Nullable Double rulP50)
      implements MachineEvent {}

  /**
   * An alert was raised, changed its state, was escalated or was closed.
   *
   * @param failureType failure mode or, without one, the rule
   * @param readingRevision revision of the event with the reading that decided it; 0 for none
   * @param readingIndex position of that reading in the event
   * @param readingAt time of that reading, or when somebody changed it
   * @param explanation what contributed most, greatest first
   * @param rulP10 what RUL is at least with a probability of nine tenths, in the type's unit
   * @param rulP90 what it is at most with the same
   * @param dueAt when the clock changes it next: a shelved one comes back, an unacknowledged one is
   *     escalated; absent: never
   * @param escalation how often it has been escalated; absent: not once
   * @param since time of the first reading in a row that said what the deciding one says, or of the
   *     last before silence; absent where the rule does not keep it
   */
  record AlertChanged(
      String alertId,
      String rule,
      String failureType,
      AlertState from,
      AlertState to,
      Severity severity,
      long readingRevision,
      int readingIndex,
      Instant readingAt,
      @Nullable Double score,
      @Nullable Double failureProbability,
      @Nullable Double rulP50,
      List<Contribution> explanation,
      @Nullable Double rulP10,
      @Nullable Double rulP90,
      @Nullable Instant dueAt,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int escalation,
      @Nullable Instant since)
      implements MachineEvent {
    @JsonCreator
    public AlertChanged {
      explanation = List.copyOf(explanation);
    }

    /** One without a band, which the clock does not change. */
    public AlertChanged(
        String alertId,
        String rule,
        String failureType,
        AlertState from,
        AlertState to,
        Severity severity,
        long readingRevision,
        int readingIndex,
        Instant readingAt,
        @Nullable Double score,
        @Nullable Double failureProbability,
        @Nullable Double rulP50,
        List<Contribution> explanation) {
      this(
          alertId,
          rule,
          failureType,
          from,
          to,
          severity,
          readingRevision,
          readingIndex,
          readingAt,
          score,
          failureProbability,
          rulP50,
          explanation,
          null,
          null,
          null,
          0,
          null);
    }
  }

  /**
   * A stretch of readings in short: the journal's index in time.
   *
   * @param from time of the first reading, not moved by late ones
   * @param to time of the last
   * @param firstRevision revision of the first event with readings of the period
   * @param lastRevision revision of the last
   * @param readings how many readings
   * @param channels of each channel that had a value
   * @param worstScore greatest anomaly score as a multiple of its threshold
   * @param leastRul least median RUL in the type's unit
   */
  record PeriodSummarized(
      Instant from,
      Instant to,
      long firstRevision,
      long lastRevision,
      long readings,
      List<ChannelSummary> channels,
      @Nullable Double worstScore,
      @Nullable Double leastRul)
      implements MachineEvent {
    public PeriodSummarized {
      channels = List.copyOf(channels);
    }
  }

  /** Minimum, maximum and mean of a channel's trusted values, in the channel's unit. */
  record ChannelSummary(String channel, long values, double min, double max, double mean) {}

  /**
   * A tool was changed, an engine overhauled: baselines start anew.
   *
   * @param failureMode the failure that was repaired, which ended the machine's life with its
   *     newest reading; absent: none is known of
   */
  record MaintenanceRecorded(String kind, String note, Instant at, @Nullable String failureMode)
      implements MachineEvent {
    @JsonCreator
    public MaintenanceRecorded {}

    /** One of which no failure is known. */
    public MaintenanceRecorded(String kind, String note, Instant at) {
      this(kind, note, at, null);
    }
  }

  /**
   * Somebody judged an alert.
   *
   * @param verdict {@code real}, {@code false} or {@code unknown}
   * @param finding what was found at the machine, in a word or two; absent: nothing was said of it
   */
  record VerdictGiven(String alertId, String verdict, String note, @Nullable String finding)
      implements MachineEvent {
    @JsonCreator
    public VerdictGiven {}

    /** One without a finding. */
    public VerdictGiven(String alertId, String verdict, String note) {
      this(alertId, verdict, note, null);
    }
  }
}
