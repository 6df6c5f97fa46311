package twin.core.machine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import twin.core.alert.Alert;
import twin.core.alert.AlertBook;
import twin.core.alert.AlertPolicy;
import twin.core.alert.AlertState;
import twin.core.feature.Calibration;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.reading.Identities;
import twin.core.reading.Placement;
import twin.core.reading.Reading;
import twin.core.reading.Times;
import twin.core.type.AlertRule;
import twin.core.type.MachineType;
import twin.core.type.ThresholdRule;

/**
 * Everything that a twin knows. It follows from the machine's events and from nothing else: {@link
 * #apply} knows no clock, no model and no configuration. Immutable.
 *
 * @param machineId the machine
 * @param revision sequence number of the last event
 * @param head hash of the last event
 * @param recordedAt when the last event was recorded
 * @param lastReadingAt when readings were last recorded
 * @param description where it stands in the plant
 * @param registered whether somebody registered it
 * @param retired whether it takes no more readings
 * @param definition how its readings are judged; null before the first
 * @param model what assesses its readings; null before the first
 * @param shadow whose opinion is recorded beside it
 * @param identities which readings have been recorded
 * @param window the newest readings
 * @param latest the newest reading, with where it is in the journal
 * @param assessment the newest assessment that could be made
 * @param calibration what commissioning has taught
 * @param alerts open alerts
 * @param health what the read side was told last
 * @param readings how many readings have been recorded
 * @param period those of them that no summary has yet
 */
public record MachineState(
    String machineId,
    long revision,
    EventHash head,
    Instant recordedAt,
    @Nullable Instant lastReadingAt,
    Description description,
    boolean registered,
    boolean retired,
    @Nullable Definition definition,
    @Nullable ModelProfile model,
    @Nullable ModelProfile shadow,
    Identities identities,
    ReadingWindow window,
    @Nullable Latest latest,
    @Nullable Assessment assessment,
    Calibration calibration,
    AlertBook alerts,
    MachineEvent.@Nullable HealthChanged health,
    long readings,
    OpenPeriod period) {

  private static final ReadingWindow NO_READINGS = ReadingWindow.empty(1, 0);

  /**
   * A reading and where it is in the journal.
   *
   * @param revision revision of the event
   * @param index position in the event
   */
  public record Latest(long revision, int index, AssessedReading reading) {}

  /** Before anything has happened. */
  public static MachineState empty(String machineId) {
    return new MachineState(
        machineId,
        0,
        EventHash.NONE,
        Instant.EPOCH,
        null,
        Description.NONE,
        false,
        false,
        null,
        null,
        null,
        Identities.none(),
        NO_READINGS,
        null,
        null,
        Calibration.none(),
        AlertBook.empty(),
        null,
        0,
        OpenPeriod.NONE);
  }

  /** Whether anything has ever happened to the machine. */
  public boolean exists() {
    return revision > 0;
  }

  /** Name of the machine's type; empty before the first reading. */
  public String typeName() {
    return definition == null ? "" : definition.type().name();
  }

  /** The thresholds that hold now: those of its calibration or else those of its model. */
  public double[] thresholds() {
    if (!calibration.thresholds().isEmpty()) {
      return toArray(calibration.thresholds());
    }
    return model == null ? new double[0] : toArray(model.thresholds());
  }

  private static double[] toArray(List<Double> numbers) {
    double[] array = new double[numbers.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = numbers.get(i);
    }
    return array;
  }

  /** Whether thresholds stand still: what an anomaly looks like must not become normal. */
  public boolean holdsThresholds() {
    return definition != null
        && ((assessment != null && assessment.anomalous())
            || attendsToAnomaly(definition.type(), alerts));
  }

  /** Whether the condition of an anomaly alert holds. */
  private static boolean attendsToAnomaly(MachineType type, AlertBook alerts) {
    for (AlertRule rule : type.alertRules()) {
      if (rule.compares(AlertRule.Kind.ANOMALY)
          && alerts.ofRule(rule.name()).filter(Alert::conditionHolds).isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** The newest reading time; null before the first reading. */
  public @Nullable Instant watermark() {
    return identities.watermarkNanos() == Identities.NO_TIME
        ? null
        : Times.ofNanos(identities.watermarkNanos());
  }

  /** The features of the newest reading over the window as it is now; null before the first. */
  public @Nullable FeatureVector features() {
    return definition == null || latest == null
        ? null
        : definition.features().extract(latest.reading().reading(), window, calibration);
  }

  /** Whether it is still observing what is normal. */
  public boolean commissioning() {
    return definition == null || calibration.readings() < definition.type().commissioningReadings();
  }

  /** Whether readings are only observed: the machine's own thresholds are still to be found. */
  public boolean withholdsJudgement() {
    return definition != null && definition.type().thresholds() != null && commissioning();
  }

  /**
   * The features that each of some readings has when they follow this state; null for a reading
   * that is not assessed.
   */
  List<@Nullable FeatureVector> featuresThrough(List<AssessedReading> following) {
    Draft draft = new Draft(this);
    List<@Nullable FeatureVector> features = new ArrayList<>(following.size());
    for (int i = 0; i < following.size(); i++) {
      AssessedReading each = following.get(i);
      draft.record(i, each);
      features.add(
          definition == null || each.placement() != Placement.IN_ORDER
              ? null
              : definition.features().extract(each.reading(), draft.window, draft.calibration));
    }
    return features;
  }

  /** The state after an event. */
  public MachineState apply(JournalEntry entry) {
    Draft next = new Draft(this);
    next.revision = revision + 1;
    next.head = entry.hash();
    next.recordedAt = entry.stamp().recordedAt();
    switch (entry.event()) {
      case MachineEvent.MachineRegistered e -> {
        next.registered = true;
        next.description = e.description();
      }
      case MachineEvent.MachineDescribed e -> next.description = e.description();
      case MachineEvent.MachineRetired e -> next.retired = true;
      case MachineEvent.DefinitionAssigned e -> next.define(e.definition(), e.keepsCounts());
      case MachineEvent.ModelAssigned e -> {
        next.assign(e.champion(), e.shadow());
      }
      case MachineEvent.ReadingsRecorded e -> {
        next.lastReadingAt = entry.stamp().recordedAt();
        for (int i = 0; i < e.readings().size(); i++) {
          next.record(i, e.readings().get(i));
        }
        if (entry.stamp().cause()
                instanceof Cause.Source(String source, String queue, Long position, String trace)
            && queue != null
            && position != null) {
          next.identities = next.identities.withPosition(source + "/" + queue, position);
        }
      }
      case MachineEvent.SequenceRestarted e -> next.identities = identities.restarted();
      case MachineEvent.CalibrationCompleted e ->
          next.calibration = calibration.completed(e.baselines(), e.thresholds());
      case MachineEvent.ThresholdAdapted e -> next.adaptThreshold(e);
      case MachineEvent.HealthChanged e -> next.health = e;
      case MachineEvent.AlertChanged e -> next.alerts = alerts.with(changed(e));
      case MachineEvent.PeriodSummarized e -> next.period = OpenPeriod.NONE;
      case MachineEvent.MaintenanceRecorded e -> next.restartBaselines();
      case MachineEvent.VerdictGiven e -> {
        // A label for training and for people: it changes nothing in the twin.
      }
    }
    return next.toState();
  }

  private Alert changed(MachineEvent.AlertChanged e) {
    Instant raisedAt = alerts.withId(e.alertId()).map(Alert::raisedAt).orElse(e.readingAt());
    return new Alert(
        e.alertId(),
        e.rule(),
        e.failureType(),
        e.to(),
        e.severity(),
        raisedAt,
        revision + 1,
        e.dueAt(),
        e.escalation(),
        e.to().isHidden() && e.from() == AlertState.RETURNED_UNACKNOWLEDGED);
  }

  /** The state while an event is being applied. */
  private static final class Draft {
    private final String machineId;
    private long revision;
    private EventHash head;
    private Instant recordedAt;
    private @Nullable Instant lastReadingAt;
    private Description description;
    private boolean registered;
    private boolean retired;
    private @Nullable Definition definition;
    private @Nullable ModelProfile model;
    private @Nullable ModelProfile shadow;
    private Identities identities;
    private ReadingWindow window;
    private @Nullable Latest latest;
    private @Nullable Assessment assessment;
    private Calibration calibration;
    private AlertBook alerts;
    private MachineEvent.@Nullable HealthChanged health;
    private long readings;
    private OpenPeriod period;
    private final double[] thresholds;
    private final boolean withholdsJudgement;

    Draft(MachineState state) {
      machineId = state.machineId;
      revision = state.revision;
      head = state.head;
      recordedAt = state.recordedAt;
      lastReadingAt = state.lastReadingAt;
      description = state.description;
      registered = state.registered;
      retired = state.retired;
      definition = state.definition;
      model = state.model;
      shadow = state.shadow;
      identities = state.identities;
      window = state.window;
      latest = state.latest;
      assessment = state.assessment;
      calibration = state.calibration;
      alerts = state.alerts;
      health = state.health;
      readings = state.readings;
      period = state.period;
      thresholds = state.thresholds();
      withholdsJudgement = state.withholdsJudgement();
    }

    void define(MachineType type, boolean keepsCounts) {
      Definition before = definition;
      definition = new Definition(type);
      window = definition.features().adopt(window, before == null ? null : before.features());
      calibration = calibration.observing(type);
      if (before == null || !before.type().alertRules().equals(type.alertRules())) {
        alerts =
            keepsCounts && before != null
                ? alerts.withRules(before.type().alertRules(), type.alertRules())
                : alerts.withRules(type.alertRules().size());
      }
      // Their values stand by the positions of the definition before. A twin sums the period up
      // before it assigns another definition.
      latest = null;
      period = OpenPeriod.NONE;
    }

    void assign(ModelProfile newModel, @Nullable ModelProfile newShadow) {
      if (latest != null && !Objects.equals(shadow, newShadow)) {
        // Its numbers stand by the positions of the shadow before.
        latest = new Latest(latest.revision(), latest.index(), latest.reading().alone());
      }
      shadow = newShadow;
      if (newModel.equals(model)) {
        return;
      }
      if (model == null || !model.modalities().equals(newModel.modalities())) {
        calibration = calibration.ofAnotherModel();
      } else if (!calibration.histories().isEmpty() && !model.ref().equals(newModel.ref())) {
        calibration = calibration.ofAnotherModel();
      }
      model = newModel;
      // Its numbers stand by the positions of the model before.
      assessment = null;
    }

    void record(int index, AssessedReading assessed) {
      if (definition == null) {
        // Only a journal from which somebody has taken an event can bring this about; an audit says
        // so, and a twin that still answers is worth more than one that does not start.
        return;
      }
      MachineType type = definition.type();
      FeatureExtractor features = definition.features();
      Reading reading = assessed.reading();
      long timeNanos = Times.toNanos(reading.timestamp());
      readings++;
      identities =
          identities.with(
              timeNanos, reading.seq(), assessed.placement(), type.latenessBound().toNanos());
      if (assessed.placement() == Placement.IN_ORDER || assessed.placement() == Placement.LATE) {
        double[] columns = features.columnsOf(reading);
        window = window.with(timeNanos, seqOf(reading), columns);
        if (assessed.placement() == Placement.IN_ORDER) {
          calibration = calibration.with(columns, features);
        }
      }
      // One ahead of the clock is shown only while there is no other: it says nothing about now.
      boolean shown =
          assessed.placement() == Placement.IN_ORDER
              || (assessed.placement() == Placement.AHEAD
                  && (latest == null || latest.reading().placement() == Placement.AHEAD));
      if (shown) {
        latest = new Latest(revision, index, assessed);
      }
      Assessment newAssessment = assessed.assessment();
      period =
          period.with(
              reading,
              revision,
              identities.watermarkNanos(),
              type.channels().size(),
              scoreRatio(newAssessment),
              medianRul(newAssessment));
      boolean judged = newAssessment != null && newAssessment.isAvailable() && model != null;
      if (type.watchesReadings() || (judged && !withholdsJudgement)) {
        alerts =
            AlertPolicy.counted(
                alerts,
                type.alertRules(),
                assessed.observed(
                    type, judged && !withholdsJudgement ? model : null, thresholds, window));
      }
      if (judged && newAssessment != null) {
        assessment = newAssessment;
        ThresholdRule rule = type.thresholds();
        if (rule != null && assessed.placement() == Placement.IN_ORDER) {
          boolean normal = !newAssessment.anomalous() && !attendsToAnomaly(type, alerts);
          calibration = calibration.scored(scores(newAssessment), normal, rule);
        }
      }
    }

    /** The greatest score as a multiple of its threshold; null while there is none to judge by. */
    private @Nullable Double scoreRatio(@Nullable Assessment made) {
      return made != null && made.hasScore() && !withholdsJudgement
          ? (Double) made.scoreRatio(thresholds)
          : null;
    }

    private static @Nullable Double medianRul(@Nullable Assessment made) {
      return made == null || Float.isNaN(made.medianRul())
          ? null
          : (Double) (double) made.medianRul();
    }

    private static double[] scores(Assessment assessment) {
      double[] scores = new double[assessment.modalities()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = assessment.score(i);
      }
      return scores;
    }

    void adaptThreshold(MachineEvent.ThresholdAdapted adapted) {
      if (model == null) {
        return;
      }
      List<Double> adaptedThresholds = new ArrayList<>();
      for (int i = 0; i < thresholds.length; i++) {
        boolean meant = model.modalities().get(i).equals(adapted.modality());
        adaptedThresholds.add(meant ? Double.valueOf(adapted.to()) : Double.valueOf(thresholds[i]));
      }
      calibration = calibration.completed(calibration.baselines(), adaptedThresholds);
    }

    void restartBaselines() {
      calibration = Calibration.none();
      if (definition != null) {
        calibration = calibration.observing(definition.type());
        window = ReadingWindow.empty(window.capacity(), window.channels());
        alerts = alerts.withRules(definition.type().alertRules().size());
      }
    }

    MachineState toState() {
      return new MachineState(
          machineId,
          revision,
          head,
          recordedAt,
          lastReadingAt,
          description,
          registered,
          retired,
          definition,
          model,
          shadow,
          identities,
          window,
          latest,
          assessment,
          calibration,
          alerts,
          health,
          readings,
          period);
    }
  }

  /** A reading's sequence number as windows keep it. */
  static long seqOf(Reading reading) {
    Long seq = reading.seq();
    return seq == null ? -1 : seq;
  }

  /** The alert's state in words for the first that is open with this id. */
  public AlertState alertState(String alertId) {
    return alerts.withId(alertId).map(Alert::state).orElse(AlertState.NORMAL);
  }
}
