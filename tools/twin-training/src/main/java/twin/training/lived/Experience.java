package twin.training.lived;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureVector;
import twin.core.history.MachineJournal.Recorded;
import twin.core.machine.AssessedReading;
import twin.core.machine.Assessing;
import twin.core.machine.Definition;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.reading.Placement;
import twin.core.reading.Times;
import twin.core.type.MachineType;

/**
 * What the machines of a type have lived through in some time. Made by a first pass over their
 * journals, which finds out what came of the readings and how good they are; a second pass computes
 * the features of those that are wanted. The features are those that the twins themselves computed:
 * the events go through the same code.
 */
public final class Experience {

  private final Past past;
  private final MachineType type;
  private final Span span;
  private final Limits limits;
  private final List<MachineSurvey> machines = new ArrayList<>();
  private final List<ChannelCount> channels = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();

  /**
   * How the past is looked at.
   *
   * @param horizon how much life before a failure counts as failing, in the unit of the type
   * @param hindsight how long after the time people may have said what came of it
   * @param brokenShare from which share of bad, missing or equal values on a channel is broken
   */
  public record Limits(double horizon, Duration hindsight, double brokenShare) {}

  private Experience(Past past, MachineType type, Span span, Limits limits) {
    this.past = past;
    this.type = type;
    this.span = span;
    this.limits = limits;
  }

  /** Looks at all readings once. */
  public static Experience of(Past past, MachineType type, Span span, Limits limits) {
    Experience experience = new Experience(past, type, span, limits);
    for (String machineId : past.machines(type.name())) {
      experience.survey(machineId);
    }
    experience.judge();
    return experience;
  }

  private void survey(String machineId) {
    MachineSurvey survey = new MachineSurvey(machineId, type, limits.horizon());
    long end = Times.toNanos(span.to().plus(limits.hindsight()));
    past.tell(
        machineId,
        span.from(),
        (before, event) -> {
          if (event.entry().event() instanceof MachineEvent.ReadingsRecorded recorded) {
            Definition definition = before.definition();
            for (AssessedReading each : recorded.readings()) {
              if (definition != null && isCounted(each)) {
                survey.see(
                    definition.type(), each.reading(), span.holds(each.reading().timestamp()));
              }
            }
            return event.entry().stamp().watermarkNanos() < end;
          }
          survey.labels().see(event.entry(), survey.readings(), survey.life().passed());
          return true;
        });
    if (survey.readingsInSpan() > 0) {
      machines.add(survey);
    }
  }

  private boolean isCounted(AssessedReading each) {
    return each.placement() == Placement.IN_ORDER
        && !each.reading().timestamp().isBefore(span.from());
  }

  private void judge() {
    type.channels().forEach(channel -> channels.add(new ChannelCount()));
    int[] moving = new int[channels.size()];
    for (MachineSurvey machine : machines) {
      for (int i = 0; i < channels.size(); i++) {
        channels.get(i).add(machine.channels().get(i));
        moving[i] += machine.channels().get(i).varies() ? 1 : 0;
      }
    }
    if (machines.isEmpty()) {
      findings.add(
          new Finding(
              Finding.What.EMPTY,
              "",
              "",
              "no machine of type %s has a reading from %s to %s"
                  .formatted(type.name(), span.from(), span.to())));
      return;
    }
    boolean[] usuallyMoves = new boolean[channels.size()];
    for (int i = 0; i < usuallyMoves.length; i++) {
      usuallyMoves[i] = 2 * moving[i] > machines.size();
    }
    machines.forEach(machine -> machine.judge(limits.brokenShare(), usuallyMoves, findings));
    if (machines.stream().allMatch(MachineSurvey::broken)) {
      findings.add(
          new Finding(
              Finding.What.CHANNEL_BROKEN_EVERYWHERE,
              "",
              "",
              "every machine has a broken channel; mend the sensors or the ranges of the type"));
    }
    if (failures().isEmpty()) {
      findings.add(
          new Finding(
              Finding.What.ONE_CLASS,
              "",
              "",
              "all readings are normal as far as anybody recorded: no maintenance names a failure,"
                  + " and no alert was judged to be real"));
    }
  }

  /** The type of the machines. */
  public MachineType type() {
    return type;
  }

  /** The time. */
  public Span span() {
    return span;
  }

  /** How the past was looked at. */
  public Limits limits() {
    return limits;
  }

  /** What people should know of the data. */
  public List<Finding> findings() {
    return List.copyOf(findings);
  }

  /** What was seen of each channel of the type, over all machines, in the order of the type. */
  public List<ChannelCount> channels() {
    return List.copyOf(channels);
  }

  /** The machines with readings that count. */
  public List<String> machines() {
    return counting().map(MachineSurvey::machineId).toList();
  }

  /** How many days there are of which some machine has readings that count. */
  public int days() {
    Set<LocalDate> days = new HashSet<>();
    counting().forEach(machine -> days.addAll(machine.days()));
    return days.size();
  }

  /** How many readings count, some of which may lie on days that are copies. */
  public long readings() {
    return counting().mapToLong(MachineSurvey::readingsInSpan).sum();
  }

  /** How often each failure came. */
  public Map<String, Integer> failures() {
    return failures(span);
  }

  /** How often each failure came in some of the time. */
  public Map<String, Integer> failures(Span part) {
    Map<String, Integer> failures = new TreeMap<>();
    counting()
        .forEach(
            machine ->
                machine
                    .labels()
                    .failures(part)
                    .forEach((mode, count) -> failures.merge(mode, count, Integer::sum)));
    return failures;
  }

  private Stream<MachineSurvey> counting() {
    return machines.stream().filter(machine -> !machine.broken());
  }

  /**
   * The time in which there are readings, which may be less than was asked for.
   *
   * @throws IllegalStateException when there are none
   */
  public Span covered() {
    Instant first = null;
    Instant last = null;
    for (MachineSurvey machine : counting().toList()) {
      Instant from = machine.first();
      Instant to = machine.newest();
      first = first == null || (from != null && from.isBefore(first)) ? from : first;
      last = last == null || (to != null && to.isAfter(last)) ? to : last;
    }
    if (first == null || last == null) {
      throw new IllegalStateException("there are no readings");
    }
    return new Span(first, last.plusMillis(1));
  }

  /** Gets readings of the second pass that can be learned from, in order of machine and time. */
  public interface Taker {

    /**
     * Whether the features of a reading are wanted.
     *
     * @param number of the reading among those of its machine
     */
    boolean wants(String machineId, long number, Instant at, Label label);

    /** Takes a reading with its features. */
    void take(String machineId, Instant at, Label label, FeatureVector features);
  }

  /** The second pass: gives the readings whose outcome is known, with their features. */
  public void give(Taker taker) {
    boolean[] foreign = new boolean[1];
    Set<String> foreignMachines = new TreeSet<>();
    for (MachineSurvey machine : counting().toList()) {
      LifeClock life = new LifeClock();
      machine.labels().rewind();
      long[] number = new long[1];
      past.tell(
          machine.machineId(),
          span.from(),
          (before, event) -> {
            foreign[0] |= give(machine, life, number, before, event, taker);
            return event.entry().stamp().watermarkNanos() < Times.toNanos(span.to());
          });
      if (foreign[0]) {
        foreignMachines.add(machine.machineId());
        foreign[0] = false;
      }
    }
    for (String machineId : foreignMachines) {
      findings.add(
          new Finding(
              Finding.What.OTHER_DEFINITION,
              machineId,
              "",
              "some readings were judged by other features than the type has now; these are left"
                  + " out"));
    }
  }

  /** Whether there were readings by another definition. */
  private boolean give(
      MachineSurvey machine,
      LifeClock life,
      long[] number,
      MachineState before,
      Recorded event,
      Taker taker) {
    Definition definition = before.definition();
    if (definition == null
        || !(event.entry().event() instanceof MachineEvent.ReadingsRecorded recorded)) {
      return false;
    }
    List<AssessedReading> readings = recorded.readings();
    @Nullable Label[] wanted = new Label[readings.size()];
    boolean any = false;
    for (int i = 0; i < wanted.length; i++) {
      AssessedReading each = readings.get(i);
      if (isCounted(each)) {
        Instant at = each.reading().timestamp();
        life.see(definition.type(), each.reading());
        Label label = machine.labels().next(at, life.passed());
        boolean learned =
            span.holds(at)
                && !machine.isCopy(at)
                && label.kind() != Label.Kind.UNJUDGED
                && taker.wants(machine.machineId(), number[0]++, at, label);
        wanted[i] = learned ? label : null;
        any |= learned;
      }
    }
    if (!any) {
      return false;
    }
    if (!definition.type().features().equals(type.features())) {
      return true;
    }
    List<@Nullable FeatureVector> features = Assessing.features(before, readings);
    for (int i = 0; i < wanted.length; i++) {
      Label label = wanted[i];
      FeatureVector vector = features.get(i);
      if (label != null && vector != null) {
        taker.take(machine.machineId(), readings.get(i).reading().timestamp(), label, vector);
      }
    }
    return false;
  }
}
