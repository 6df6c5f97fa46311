package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import twin.core.alert.Alert;
import twin.core.alert.AlertState;
import twin.core.feature.Baseline;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.Fixtures.ScriptedModel;
import twin.core.machine.Fixtures.Twin;
import twin.core.machine.MachineReply.ChangeResult;
import twin.core.machine.MachineReply.Result;
import twin.core.reading.Placement;
import twin.core.reading.Quality;
import twin.core.reading.SubmittedReading;
import twin.core.type.AlertRule;
import twin.core.type.Channel;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeJson;
import twin.core.type.MachineTypes;
import twin.core.type.OperatingMode;
import twin.core.type.Severity;

final class MachineDecisionsTest {

  private static final Instant START = Fixtures.START;

  private static Description at(String site) {
    return new Description(site, null, null, new TreeMap<>());
  }

  private static MachineReply.Changed register(Twin twin, String site) {
    return twin.change(to -> new MachineCommand.Register(at(site), null, "anna", "new line", to));
  }

  private static MachineReply.Changed acknowledge(Twin twin, String alertId) {
    return twin.change(to -> new MachineCommand.Acknowledge(alertId, "bert", "seen", to));
  }

  private static SubmittedReading press(
      long seq, Map<String, Double> numbers, Map<String, String> texts) {
    return new SubmittedReading("press-7", null, START.plusSeconds(seq), seq, null, numbers, texts);
  }

  private static SubmittedReading positioned(@Nullable Long seq, Instant at, long position) {
    SubmittedReading plain = Fixtures.milling(seq, at, 40, 1);
    return new SubmittedReading(
        plain.machineId(), plain.machineType(), at, seq, position, plain.numbers(), plain.texts());
  }

  private static List<Class<?>> kinds(Twin twin) {
    return twin.journal.stream().<Class<?>>map(entry -> entry.event().getClass()).toList();
  }

  // Whether readings are taken at all.

  @Test
  void aFirstReadingBringsDefinitionAndModelBeforeIt() {
    Twin twin = new Twin("machine-001");
    assertThat(twin.record(Fixtures.milling(1)))
        .containsExactly(new MachineReply.Outcome(Result.RECORDED, 3, 0, "", ""));
    assertThat(kinds(twin))
        .containsExactly(
            MachineEvent.DefinitionAssigned.class,
            MachineEvent.ModelAssigned.class,
            MachineEvent.ReadingsRecorded.class,
            MachineEvent.HealthChanged.class);
    assertThat(twin.state.typeName()).isEqualTo("milling");
    assertThat(twin.state.watermark()).isEqualTo(START.plusSeconds(1));
    assertThat(twin.journal.get(2).stamp().cause())
        .isEqualTo(new Cause.Source("mqtt:demo", null, null));
  }

  @Test
  void withoutAClaimTheTypeIsKnownByTheChannels() {
    SubmittedReading claimed = Fixtures.milling(1);
    Twin twin = new Twin("machine-001");
    twin.record(
        new SubmittedReading(
            "machine-001",
            null,
            claimed.timestamp(),
            1L,
            null,
            claimed.numbers(),
            claimed.texts()));
    assertThat(twin.state.typeName()).isEqualTo("milling");
  }

  @Test
  void aClaimOfAnUnknownTypeIsRejectedWithTheKnownOnes() {
    Twin twin = new Twin("m-1");
    SubmittedReading reading =
        new SubmittedReading("m-1", "lathe", START, 1L, null, Map.of("x", 1.0), Map.of());
    String known =
        twin.types.all().stream().map(MachineType::name).collect(Collectors.joining(", "));
    assertThat(twin.record(reading, reading))
        .hasSize(2)
        .containsOnly(
            MachineReply.Outcome.rejected(
                "unknown_type", "machine_type 'lathe' is unknown; known are " + known));
    assertThat(twin.journal).isEmpty();
  }

  @Test
  void withRegistrationSwitchedOffOnlyRegisteredMachinesAreTakenIn() {
    Twin twin = new Twin("machine-001");
    twin.admission = DecisionContext.Admission.REGISTERED_ONLY;
    assertThat(twin.record(Fixtures.milling(1)))
        .extracting(MachineReply.Outcome::code)
        .containsExactly("not_registered");
    assertThat(twin.journal).isEmpty();
    register(twin, "Nord");
    assertThat(twin.record(Fixtures.milling(1)))
        .extracting(MachineReply.Outcome::result)
        .containsExactly(Result.RECORDED);
  }

  @Test
  void whenAllPlacesAreTakenOnlyMachinesThatAreThereGoOn() {
    Twin known = new Twin("machine-001");
    known.record(Fixtures.milling(1));
    known.admission = DecisionContext.Admission.FULL;
    assertThat(known.record(Fixtures.milling(2)).getFirst().result()).isEqualTo(Result.RECORDED);
    Twin late = new Twin("machine-001");
    late.admission = DecisionContext.Admission.FULL;
    assertThat(late.record(Fixtures.milling(1)).getFirst().code()).isEqualTo("too_many_machines");
    assertThat(late.journal).isEmpty();
  }

  @Test
  void aRetiredMachineTakesNoMoreReadings() {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(1));
    assertThat(twin.change(to -> new MachineCommand.Retire(null, "anna", "scrapped", to)).result())
        .isEqualTo(ChangeResult.DONE);
    int events = twin.journal.size();
    assertThat(twin.record(Fixtures.milling(2)).getFirst().code()).isEqualTo("retired");
    twin.now = START.plusSeconds(100_000);
    twin.due();
    assertThat(twin.journal).as("nor is it missed").hasSize(events);
  }

  // What happens to readings.

  @Test
  void eachReadingOfABatchHasItsOutcomeAndItsPlaceInTheJournal() {
    Twin twin = new Twin("machine-001");
    twin.now = START.plusSeconds(100);
    List<MachineReply.Outcome> outcomes =
        twin.record(
            Fixtures.milling(10L, START.plusSeconds(10), 40, 1),
            Fixtures.milling(10L, START.plusSeconds(10), 40, 1),
            Fixtures.milling(9L, START.plusSeconds(9), 40, 1),
            Fixtures.milling(1L, START.plusSeconds(20), 40, 1),
            Fixtures.milling(null, START.minusSeconds(100), 40, 1));
    assertThat(outcomes)
        .extracting(MachineReply.Outcome::result)
        .containsExactly(
            Result.RECORDED, Result.DUPLICATE, Result.LATE, Result.RECORDED, Result.REJECTED);
    assertThat(outcomes.get(0).revision()).isEqualTo(3);
    assertThat(outcomes.get(2).revision()).isEqualTo(3);
    assertThat(outcomes.get(2).index()).isEqualTo(1);
    assertThat(twin.journal.get(3).event()).isEqualTo(new MachineEvent.SequenceRestarted(1));
    assertThat(outcomes.get(3).revision()).isEqualTo(5);
    assertThat(outcomes.get(3).index()).isZero();
    assertThat(outcomes.get(4).code()).isEqualTo("too_late");
    assertThat(outcomes.get(4).reason()).contains("cannot be told from a duplicate");
  }

  @Test
  void aLateReadingHasNoAssessment() {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(10));
    twin.record(Fixtures.milling(9));
    AssessedReading late = twin.recorded().get(1);
    assertThat(late.placement()).isEqualTo(Placement.LATE);
    assertThat(late.assessment()).isNull();
    assertThat(late.featureHash()).isZero();
    assertThat(twin.state.window().size()).isEqualTo(2);
  }

  @Test
  void aModelThatFailsDoesNotStopRecording() {
    Twin twin = new Twin("machine-001");
    ScriptedModel model = new ScriptedModel("1.0.0");
    twin.models = model;
    twin.record(Fixtures.milling(1));
    model.failing = true;
    assertThat(twin.record(Fixtures.milling(2), Fixtures.milling(3)))
        .extracting(MachineReply.Outcome::result)
        .containsOnly(Result.RECORDED);
    AssessedReading unassessed = twin.recorded().getLast();
    assertThat(unassessed.assessment()).isEqualTo(Assessment.unavailable("model: out of order"));
    assertThat(unassessed.featureHash()).as("the features are known").isNotZero();
    assertThat(twin.state.assessment())
        .as("the newest that could be made stands")
        .isEqualTo(twin.recorded().getFirst().assessment());
    model.failing = false;
    twin.record(Fixtures.milling(4));
    assertThat(twin.state.assessment()).isEqualTo(twin.recorded().getLast().assessment());
  }

  private record Pair(ScriptedModel champion, @Nullable ScriptedModel beside) implements Models {
    @Override
    public Optional<ModelSession> champion(String type, String machineId) {
      return Optional.of(champion);
    }

    @Override
    public Optional<ModelSession> shadow(String type, String machineId) {
      return Optional.ofNullable(beside);
    }
  }

  @Test
  void aShadowIsHeardAndNeverActedOn() {
    Twin alone = new Twin("machine-001");
    Twin twin = new Twin("machine-001");
    ScriptedModel champion = new ScriptedModel("1.0.0");
    ScriptedModel beside = new ScriptedModel("2.0.0");
    twin.models = new Pair(champion, beside);
    for (int i = 1; i <= 3; i++) {
      SubmittedReading worn = Fixtures.milling((long) i, START.plusSeconds(i), 40, 240);
      twin.record(worn);
      alone.record(worn);
    }
    assertThat(twin.state.shadow()).isEqualTo(beside.profile());
    assertThat(twin.recorded()).allSatisfy(each -> assertThat(each.shadow()).isNotNull());
    assertThat(twin.state.alerts().open()).hasSameSizeAs(alone.state.alerts().open());
    assertThat(twin.state.health()).isEqualTo(alone.state.health());

    beside.failing = true;
    assertThat(twin.record(Fixtures.milling(4)).getFirst().result()).isEqualTo(Result.RECORDED);
    Assessment failed = Objects.requireNonNull(twin.recorded().getLast().shadow());
    assertThat(failed).isEqualTo(Assessment.unavailable("model: out of order"));
    assertThat(twin.recorded().getLast().assessment()).isNotNull();

    Assessment before = twin.state.assessment();
    twin.models = new Pair(champion, null);
    twin.record(Fixtures.milling(3));
    assertThat(twin.state.shadow()).as("a duplicate changes nothing").isNotNull();
    twin.record(Fixtures.milling(5));
    assertThat(twin.state.shadow()).isNull();
    assertThat(twin.recorded().getLast().shadow()).isNull();
    assertThat(twin.states)
        .as("no conclusion of the champion is lost on the way")
        .filteredOn(state -> state.readings() == 4)
        .last()
        .extracting(MachineState::assessment)
        .isEqualTo(before);
    twin.restart();
    assertThat(twin.state).isEqualTo(twin.states.getLast());
  }

  @Test
  void aModelThatAnswersForTheWrongNumberOfReadingsDoesNotStopRecording() {
    Twin twin = new Twin("machine-001");
    ModelSession mute = new MuteModel(new ScriptedModel("1.0.0").profile());
    twin.models = (type, machineId) -> Optional.of(mute);
    assertThat(twin.record(Fixtures.milling(1)).getFirst().result()).isEqualTo(Result.RECORDED);
    assertThat(twin.recorded().getLast().assessment())
        .isEqualTo(Assessment.unavailable("model: 0 outputs for 1 readings"));
  }

  private record MuteModel(ModelProfile profile) implements ModelSession {
    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      return List.of();
    }
  }

  @Test
  void aBatchIsOneCallOfTheModel() {
    Twin twin = new Twin("machine-001");
    ScriptedModel model = new ScriptedModel("1.0.0");
    twin.models = model;
    twin.record(Fixtures.milling(1), Fixtures.milling(2), Fixtures.milling(3));
    assertThat(model.calls).isEqualTo(1);
    assertThat(twin.events(MachineEvent.ReadingsRecorded.class)).hasSize(1);
  }

  @Test
  void aSensorThatSaysTheSameTooOftenIsUncertainUntilItMoves() {
    MachineType type =
        type(List.of(new Channel("level", "", 0, 10, true, 3)), List.of(), List.of());
    MachineState state = MachineState.empty("tank-1");
    double[] levels = {5, 5, 5, 5, 6, Double.NaN, 6, 6};
    List<Quality> qualities = new ArrayList<>();
    for (int i = 0; i < levels.length; i++) {
      Map<String, Double> numbers =
          Double.isNaN(levels[i]) ? Map.of("other", 1.0) : Map.of("level", levels[i]);
      state = recorded(state, type, i, numbers);
      MachineState.Latest latest = state.latest();
      assertThat(latest).isNotNull();
      qualities.add(latest.reading().reading().quality(0));
    }
    assertThat(qualities)
        .containsExactly(
            Quality.GOOD,
            Quality.GOOD,
            Quality.UNCERTAIN,
            Quality.UNCERTAIN,
            Quality.GOOD,
            Quality.GOOD,
            Quality.GOOD,
            Quality.GOOD);
  }

  @Test
  void theFirstOperatingModeWhoseRangesHoldCounts() {
    MachineType type =
        type(
            List.of(new Channel("speed", "", 0, 100, true, 0), Channel.learned("load")),
            List.of(
                mode("idle", new OperatingMode.Range("speed", 0, 5)),
                mode(
                    "heavy",
                    new OperatingMode.Range("speed", 0, 100),
                    new OperatingMode.Range("load", 50, 100))),
            List.of());
    assertThat(modeOf(type, Map.of("speed", 5.0, "load", 60.0))).isEqualTo(1);
    assertThat(modeOf(type, Map.of("speed", 6.0, "load", 60.0))).isEqualTo(2);
    assertThat(modeOf(type, Map.of("speed", 6.0, "load", 40.0))).isZero();
    assertThat(modeOf(type, Map.of("load", 60.0))).as("an absent value is in no range").isZero();
  }

  private static OperatingMode mode(String name, OperatingMode.Range... ranges) {
    return new OperatingMode(name, List.of(ranges), null);
  }

  private static int modeOf(MachineType type, Map<String, Double> numbers) {
    MachineState.Latest latest = recorded(MachineState.empty("tank-1"), type, 1, numbers).latest();
    assertThat(latest).isNotNull();
    return latest.reading().operatingMode();
  }

  private static MachineType type(
      List<Channel> channels, List<OperatingMode> modes, List<AlertRule> rules) {
    return new MachineType(
        "tank",
        channels,
        List.of(),
        modes,
        List.of(),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofMinutes(2),
        0,
        6,
        "",
        0,
        rules,
        false,
        0,
        null,
        null);
  }

  private static MachineState recorded(
      MachineState state, MachineType type, long seq, Map<String, Double> numbers) {
    TestInbox<MachineReply.Recorded> inbox = TestInbox.create();
    SubmittedReading reading =
        new SubmittedReading(
            state.machineId(), "tank", START.plusSeconds(seq), seq, null, numbers, Map.of());
    MachineDecisions.Decided decided =
        MachineDecisions.decide(
            state,
            new MachineCommand.RecordReadings(List.of(reading), "test", null, inbox.getRef()),
            new DecisionContext(
                START,
                new MachineTypes(List.of(type, Fixtures.TYPES.auto())),
                Models.none(),
                DecisionContext.Admission.OPEN));
    MachineState after = state;
    for (JournalEntry entry : decided.events()) {
      after = after.apply(entry);
    }
    return after;
  }

  @Test
  void aReadingWithoutItsAttributeIsReadBackAsItWasDecided() {
    Twin twin = new Twin("machine-001");
    SubmittedReading whole = Fixtures.milling(1);
    twin.record(
        new SubmittedReading(
            "machine-001", "milling", whole.timestamp(), 1L, null, whole.numbers(), Map.of()));
    MachineState replayed = MachineState.empty("machine-001");
    for (JournalEntry entry : twin.journal) {
      replayed = replayed.apply(EventCodec.decode(entry.manifest(), entry.encoded()));
    }
    assertThat(replayed).isEqualTo(twin.state);
  }

  // Queues with positions.

  @Test
  void aPositionIsKnownWithTheReadingsUpToIt() {
    Twin twin = new Twin("machine-001");
    twin.record(
        "topic/0", List.of(positioned(1L, START, 7), positioned(2L, START.plusSeconds(1), 8)));
    assertThat(twin.journal.get(2).stamp().cause())
        .isEqualTo(new Cause.Source("mqtt:demo", "topic/0", 8L));
    assertThat(twin.record("topic/0", List.of(positioned(99L, START.plusSeconds(2), 8))))
        .extracting(MachineReply.Outcome::result)
        .containsExactly(Result.DUPLICATE);
    assertThat(twin.record("topic/0", List.of(positioned(99L, START.plusSeconds(2), 9))))
        .extracting(MachineReply.Outcome::result)
        .containsExactly(Result.RECORDED);
  }

  @Test
  void thePositionStopsBeforeARejectedReadingSoThatItIsRejectedAgain() {
    Twin twin = new Twin("machine-001");
    List<SubmittedReading> batch =
        List.of(
            positioned(null, START, 7),
            positioned(null, START.minusSeconds(3600), 8),
            positioned(null, START.plusSeconds(1), 9));
    assertThat(twin.record("topic/0", batch))
        .extracting(MachineReply.Outcome::result)
        .containsExactly(Result.RECORDED, Result.REJECTED, Result.RECORDED);
    assertThat(twin.state.identities().parts().positions())
        .isEqualTo(Map.of("mqtt:demo/topic/0", 7L));
    assertThat(twin.record("topic/0", batch))
        .extracting(MachineReply.Outcome::result)
        .containsExactly(Result.DUPLICATE, Result.REJECTED, Result.DUPLICATE);
  }

  /** A message may hold several readings, which then share the one position that it has. */
  @Test
  void thePositionStopsBeforeTheWholeMessageThatHasARejectedReading() {
    Twin twin = new Twin("machine-001");
    List<SubmittedReading> batch =
        List.of(
            positioned(null, START, 7),
            positioned(null, START.plusSeconds(1), 8),
            positioned(null, START.minusSeconds(3600), 8));
    twin.record("topic/0", batch);
    assertThat(twin.record("topic/0", batch))
        .extracting(MachineReply.Outcome::result)
        .containsExactly(Result.DUPLICATE, Result.DUPLICATE, Result.REJECTED);
  }

  // What is assigned again.

  @Test
  void anotherModelIsAssignedOnceWithTheFirstReadingAfterIt() {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(1));
    twin.record(Fixtures.milling(2));
    twin.models = new ScriptedModel("1.1.0");
    int before = twin.journal.size();
    twin.record(Fixtures.milling(2));
    assertThat(twin.journal).as("a duplicate is no reading").hasSize(before);
    twin.record(Fixtures.milling(3));
    twin.record(Fixtures.milling(4));
    assertThat(twin.events(MachineEvent.ModelAssigned.class))
        .extracting(MachineEvent.ModelAssigned::champion)
        .extracting(ModelProfile::ref)
        .extracting(ref -> ref.label())
        .containsExactly("milling:1.0.0", "milling:1.1.0");
    assertThat(kinds(twin).subList(before, before + 2))
        .containsExactly(MachineEvent.ModelAssigned.class, MachineEvent.ReadingsRecorded.class);
    assertThat(twin.events(MachineEvent.DefinitionAssigned.class)).hasSize(1);
  }

  @Test
  void anotherDefinitionIsAssignedOnceAndTheWindowGoesOnInItsTerms() {
    MachineType first = type(List.of(Channel.learned("a")), List.of(), List.of());
    MachineType second =
        new MachineType(
            "tank",
            List.of(Channel.learned("b"), Channel.learned("a")),
            List.of(),
            List.of(),
            List.of(FeatureSpec.of("a.mean_3", FeatureSpec.Kind.MEAN, "a", 3)),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofMinutes(2),
            0,
            6,
            "",
            0,
            List.of(),
            false,
            0,
            null,
            null);
    MachineState before = recorded(MachineState.empty("tank-1"), first, 1, Map.of("a", 10.0));
    MachineState after = recorded(before, second, 2, Map.of("a", 20.0, "b", 5.0));
    assertThat(after.definition()).isEqualTo(new Definition(second));
    // Besides the definition: the model's threshold is the same, so only the end of the period
    // before and the reading.
    assertThat(after.revision()).isEqualTo(before.revision() + 3);
    assertThat(after.window().capacity()).isEqualTo(3);
    assertThat(after.window().value(0, 0)).isNaN();
    assertThat(after.window().value(0, 1)).isEqualTo(10);
    assertThat(after.window().value(1, 0)).isEqualTo(5);
    assertThat(recorded(after, second, 3, Map.of("a", 1.0)).revision())
        .isEqualTo(after.revision() + 1);
  }

  // Machines of no known type.

  @Test
  void aMachineOfNoKnownTypeTeachesItsChannelsAndAttributes() {
    Twin twin = new Twin("press-7");
    twin.record(press(1, Map.of("pressure_bar", 5.0), Map.of("recipe", "r1")));
    twin.record(press(2, Map.of("pressure_bar", 5.0, "force_kn", 9.0), Map.of("recipe", "r1")));
    twin.record(press(3, Map.of("force_kn", 9.5), Map.of("pressure_bar", "n/a")));
    assertThat(twin.events(MachineEvent.DefinitionAssigned.class)).hasSize(2);
    MachineType type = twin.events(MachineEvent.DefinitionAssigned.class).getLast().definition();
    assertThat(type.name()).isEqualTo("auto");
    assertThat(type.channels())
        .extracting(Channel::name)
        .containsExactly("pressure_bar", "force_kn");
    assertThat(type.attributes()).containsExactly("recipe");
    assertThat(twin.recorded().getLast().reading().quality(0))
        .as("a known channel that is no number")
        .isEqualTo(Quality.BAD);
  }

  @Test
  void learnsNoMoreThan128ChannelsAnd16AttributesAndCountsTheRest() {
    Map<String, Double> numbers = new HashMap<>();
    IntStream.range(0, 130).forEach(i -> numbers.put("c%03d".formatted(i), 1.0));
    Map<String, String> texts = new HashMap<>();
    IntStream.range(0, 20).forEach(i -> texts.put("t%02d".formatted(i), "x"));
    Twin twin = new Twin("press-7");
    twin.record(press(1, numbers, texts));
    MachineType type = twin.events(MachineEvent.DefinitionAssigned.class).getLast().definition();
    assertThat(type.channels()).hasSize(128).last().isEqualTo(Channel.learned("c127"));
    assertThat(type.attributes()).hasSize(16).last().isEqualTo("t15");
    assertThat(twin.recorded().getFirst().reading().ignored()).isEqualTo(2 + 4);
  }

  @Test
  void doesNotLearnNamesThatNoChannelOrAttributeCanHave() {
    Twin twin = new Twin("press-7");
    twin.record(press(1, Map.of("ok", 1.0, "9th", 2.0, "größe", 3.0), Map.of("a b", "x")));
    MachineType type = twin.events(MachineEvent.DefinitionAssigned.class).getLast().definition();
    assertThat(type.channels()).extracting(Channel::name).containsExactly("ok");
    assertThat(type.attributes()).isEmpty();
    assertThat(twin.recorded().getFirst().reading().ignored()).isEqualTo(3);
  }

  /** Alternates 4 and 6, so that the mean is 5 and the squares of 120 deviations sum to 120. */
  private static Twin commissioned() {
    Twin twin = new Twin("press-7");
    for (long i = 1; i <= 120; i++) {
      twin.now = START.plusSeconds(i);
      twin.record(Fixtures.press(i, twin.now, i % 2 == 0 ? 4 : 6));
      assertThat(twin.state.commissioning()).isEqualTo(i < 120);
    }
    return twin;
  }

  private static void say(Twin twin, long seq, double pressure) {
    twin.now = START.plusSeconds(seq);
    twin.record(Fixtures.press(seq, twin.now, pressure));
  }

  @Test
  void commissionsItselfWith120Readings() {
    Twin twin = commissioned();
    assertThat(twin.recorded()).extracting(AssessedReading::assessment).containsOnlyNulls();
    assertThat(HealthRule.of(twin.states.get(twin.states.size() - 2), false).status())
        .isEqualTo(Status.UNKNOWN);
    List<MachineEvent.CalibrationCompleted> calibrations =
        twin.events(MachineEvent.CalibrationCompleted.class);
    assertThat(calibrations).hasSize(1);
    Baseline baseline = calibrations.getFirst().baselines().getFirst();
    assertThat(baseline.channel()).isEqualTo("pressure_bar");
    assertThat(baseline.readings()).isEqualTo(120);
    assertThat(baseline.mean()).isCloseTo(5, within(1e-12));
    assertThat(baseline.standardDeviation()).isCloseTo(Math.sqrt(120 / 119.0), within(1e-12));
  }

  @Test
  void afterCommissioningAnOutlierIsAnomalousAndTheThirdInARowRaisesTheAlert() {
    Twin twin = commissioned();
    say(twin, 121, 5);
    assertThat(twin.state.health())
        .extracting(MachineEvent.HealthChanged::status)
        .isEqualTo(Status.NORMAL);
    say(twin, 122, 15);
    Assessment outlier = twin.recorded().getLast().assessment();
    assertThat(outlier).isNotNull();
    assertThat(outlier.anomalous()).isTrue();
    // Ten away from the mean, in standard deviations of sqrt(120/119).
    assertThat(outlier.score(0)).isEqualTo((float) (10 / Math.sqrt(120 / 119.0)));
    say(twin, 123, 15);
    assertThat(twin.state.alerts().open()).isEmpty();
    say(twin, 124, 15);
    MachineEvent.AlertChanged raised = twin.events(MachineEvent.AlertChanged.class).getLast();
    assertThat(raised.from()).isEqualTo(AlertState.NORMAL);
    assertThat(raised.to()).isEqualTo(AlertState.UNACKNOWLEDGED);
    assertThat(raised.severity()).isEqualTo(Severity.MEDIUM);
    assertThat(raised.failureType()).isEqualTo("anomaly");
    assertThat(raised.readingAt()).isEqualTo(START.plusSeconds(124));
    Alert alert = twin.state.alerts().open().getFirst();
    assertThat(alert.id()).isEqualTo("press-7-" + alert.revision());
    assertThat(twin.journal.get((int) alert.revision() - 1).event()).isEqualTo(raised);
    assertThat(raised.readingRevision()).isEqualTo(alert.revision() - 1);
    assertThat(twin.state.health())
        .extracting(MachineEvent.HealthChanged::status)
        .isEqualTo(Status.WATCH);
    for (int i = 125; i < 134; i++) {
      say(twin, i, 5);
    }
    assertThat(twin.state.alertState(alert.id())).isEqualTo(AlertState.UNACKNOWLEDGED);
    say(twin, 134, 5);
    assertThat(twin.state.alertState(alert.id())).isEqualTo(AlertState.RETURNED_UNACKNOWLEDGED);
    assertThat(twin.events(MachineEvent.AlertChanged.class)).hasSize(2);
  }

  @Test
  void aChannelThatAppearsLaterIsCommissionedByItself() {
    Twin twin = commissioned();
    for (long i = 121; i <= 240; i++) {
      assertThat(twin.events(MachineEvent.CalibrationCompleted.class)).hasSize(1);
      twin.now = START.plusSeconds(i);
      twin.record(press(i, Map.of("pressure_bar", 5.0, "force_kn", 2.0), Map.of()));
      assertThat(twin.recorded().getLast().assessment()).isNotNull();
    }
    assertThat(twin.events(MachineEvent.CalibrationCompleted.class).getLast().baselines())
        .extracting(Baseline::channel)
        .containsExactly("pressure_bar", "force_kn");
  }

  @Test
  void maintenanceMakesTheBaselinesStartAnew() {
    Twin twin = commissioned();
    say(twin, 121, 5);
    MachineReply.Changed changed =
        twin.change(
            to ->
                new MachineCommand.RecordMaintenance(
                    "overhaul", "new seal", "seal_leak", "anna", to));
    assertThat(changed.result()).isEqualTo(ChangeResult.DONE);
    MachineEvent.MaintenanceRecorded event =
        twin.events(MachineEvent.MaintenanceRecorded.class).getFirst();
    assertThat(event)
        .isEqualTo(
            new MachineEvent.MaintenanceRecorded("overhaul", "new seal", twin.now, "seal_leak"));
    assertThat(twin.state.calibration().baselines()).isEmpty();
    assertThat(twin.state.commissioning()).isTrue();
    assertThat(twin.state.window().size()).isZero();
    say(twin, 122, 50);
    assertThat(twin.recorded().getLast().assessment()).as("nothing is normal yet").isNull();
    assertThat(twin.state.alerts().open()).isEmpty();
  }

  @Test
  void aValueBeyondSinglePrecisionLeavesTheHealthFinite() {
    Twin twin = commissioned();
    say(twin, 121, Double.MAX_VALUE);
    MachineEvent.HealthChanged health = twin.events(MachineEvent.HealthChanged.class).getLast();
    assertThat(health.health()).isZero();
    assertThat(health.score()).isNotNull().isFinite();
  }

  // What people ask for.

  @Test
  void registersAMachineOnce() {
    Twin twin = new Twin("machine-001");
    assertThat(register(twin, "Nord"))
        .isEqualTo(new MachineReply.Changed(ChangeResult.DONE, 1, ""));
    assertThat(twin.journal.getFirst().stamp().cause())
        .isEqualTo(new Cause.Principal("anna", "new line"));
    assertThat(twin.journal.getFirst().event())
        .isEqualTo(new MachineEvent.MachineRegistered(at("Nord")));
    MachineReply.Changed again = register(twin, "Süd");
    assertThat(again.result()).isEqualTo(ChangeResult.CONFLICT);
    assertThat(again.revision()).isEqualTo(1);
    assertThat(again.detail()).contains("PATCH");
    assertThat(twin.state.description()).isEqualTo(at("Nord"));
  }

  @Test
  void registersAMachineThatWasHeardOfBefore() {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(1));
    assertThat(register(twin, "Nord").result()).isEqualTo(ChangeResult.DONE);
    assertThat(twin.state.registered()).isTrue();
  }

  @Test
  void describesAMachineWhenSomethingChanges() {
    Twin twin = new Twin("machine-001");
    assertThat(describe(twin, "Nord").result()).isEqualTo(ChangeResult.NOT_FOUND);
    register(twin, "Nord");
    assertThat(describe(twin, "Nord"))
        .isEqualTo(new MachineReply.Changed(ChangeResult.UNCHANGED, 1, ""));
    assertThat(describe(twin, "Süd")).isEqualTo(new MachineReply.Changed(ChangeResult.DONE, 2, ""));
    assertThat(twin.state.description()).isEqualTo(at("Süd"));
    assertThat(twin.journal.getLast().stamp().cause())
        .isEqualTo(new Cause.Principal("carla", "moved"));
  }

  private static MachineReply.Changed describe(Twin twin, String site) {
    return twin.change(
        to -> new MachineCommand.Describe(at(site), null, null, "carla", "moved", to));
  }

  private static final MachineType PRESS =
      MachineTypeJson.read(
          "press", "{\"channels\":[{\"name\":\"oil_bar\",\"unit\":\"bar\",\"max\":300}]}");

  private static Twin learning(int readings) {
    Twin twin = new Twin("press-7");
    for (int seq = 1; seq <= readings; seq++) {
      twin.now = START.plusSeconds(seq);
      twin.record(press(seq, Map.of("oil_bar", 140 + seq % 3.0), Map.of()));
    }
    twin.types = Fixtures.TYPES.with(PRESS);
    return twin;
  }

  private static MachineReply.Changed retype(Twin twin, String type) {
    return twin.change(
        to -> new MachineCommand.Describe(Description.NONE, type, null, "carla", "known now", to));
  }

  @Test
  void aMachineOfNoKnownTypeIsGivenOneAndKeepsItsHistory() {
    Twin twin = learning(130);
    assertThat(twin.state.typeName()).isEqualTo("auto");
    assertThat(retype(twin, "press").result()).isEqualTo(ChangeResult.DONE);
    assertThat(twin.state.typeName()).isEqualTo("press");
    assertThat(twin.state.readings()).isEqualTo(130);
    assertThat(twin.state.calibration().baselines()).hasSize(1);
    assertThat(twin.state.commissioning()).isFalse();
    assertThat(twin.events(MachineEvent.DefinitionAssigned.class).getLast().definition())
        .isEqualTo(PRESS);
    assertThat(
            twin.journal.stream()
                .filter(entry -> entry.event() instanceof MachineEvent.DefinitionAssigned)
                .toList()
                .getLast()
                .stamp()
                .cause())
        .isEqualTo(new Cause.Principal("carla", "known now"));
    int assigned = twin.events(MachineEvent.DefinitionAssigned.class).size();
    twin.now = START.plusSeconds(131);
    twin.record(press(131, Map.of("oil_bar", 141.0), Map.of()));
    assertThat(twin.events(MachineEvent.DefinitionAssigned.class)).hasSize(assigned);
    AssessedReading last = twin.recorded().getLast();
    assertThat(last.assessment()).isNotNull();
    assertThat(retype(twin, "press").result()).isEqualTo(ChangeResult.UNCHANGED);
  }

  @Test
  void aTypeThatNobodyKnowsIsNotAssigned() {
    Twin twin = learning(1);
    MachineReply.Changed answer = retype(twin, "toaster");
    assertThat(answer.result()).isEqualTo(ChangeResult.CONFLICT);
    assertThat(answer.detail()).contains("toaster", "press");
    assertThat(twin.state.typeName()).isEqualTo("auto");
  }

  @Test
  void aMachineCanBeRegisteredWithItsType() {
    Twin twin = new Twin("press-7");
    twin.types = Fixtures.TYPES.with(PRESS);
    twin.change(to -> new MachineCommand.Register(at("Nord"), "press", "anna", "new", to));
    assertThat(twin.state.typeName()).isEqualTo("press");
    twin.record(press(1, Map.of("oil_bar", 141.0, "noise", 3.0), Map.of()));
    assertThat(twin.events(MachineEvent.DefinitionAssigned.class)).hasSize(1);
    assertThat(twin.state.readings()).isEqualTo(1);
  }

  @Test
  void changesNothingOfAMachineThatIsDescribedOtherwiseByNow() {
    Twin twin = new Twin("machine-001");
    register(twin, "Nord");
    Fixtures.ChangeCommand move =
        to -> new MachineCommand.Describe(at("Süd"), null, at("Nord"), "carla", "moved", to);
    assertThat(twin.change(move).result()).isEqualTo(ChangeResult.DONE);
    assertThat(twin.change(move))
        .isEqualTo(
            new MachineReply.Changed(
                ChangeResult.OUTDATED, 2, "machine machine-001 is described otherwise by now"));
    Fixtures.ChangeCommand retire =
        to -> new MachineCommand.Retire(at("Nord"), "anna", "scrapped", to);
    assertThat(twin.change(retire).result()).isEqualTo(ChangeResult.OUTDATED);
    assertThat(twin.state.retired()).isFalse();
  }

  @Test
  void retiresAMachineThatIsThereOnce() {
    Twin twin = new Twin("machine-001");
    Fixtures.ChangeCommand retire = to -> new MachineCommand.Retire(null, "anna", "scrapped", to);
    assertThat(twin.change(retire))
        .isEqualTo(
            new MachineReply.Changed(ChangeResult.NOT_FOUND, 0, "there is no machine machine-001"));
    register(twin, "Nord");
    assertThat(twin.change(retire).result()).isEqualTo(ChangeResult.DONE);
    assertThat(twin.change(retire))
        .isEqualTo(new MachineReply.Changed(ChangeResult.UNCHANGED, 2, ""));
  }

  @Test
  void retiringAMachineClosesItsAlerts() {
    Twin twin = inAlarm();
    twin.change(to -> new MachineCommand.Retire(null, "anna", "scrapped", to));
    assertThat(twin.state.alerts().open()).isEmpty();
    MachineEvent.AlertChanged closed = twin.events(MachineEvent.AlertChanged.class).getLast();
    assertThat(closed.to()).isEqualTo(AlertState.NORMAL);
    assertThat(twin.journal.getLast().stamp().cause())
        .isEqualTo(new Cause.Principal("anna", "scrapped"));
  }

  @Test
  void anAlertWhoseRuleHasGoneIsClosed() {
    Twin twin = inAlarm();
    MachineType milling = Fixtures.TYPES.find("milling").orElseThrow();
    MachineType withoutRules =
        new MachineType(
            milling.name(),
            milling.channels(),
            milling.attributes(),
            milling.operatingModes(),
            milling.features(),
            milling.latenessBound(),
            milling.futureBound(),
            milling.silence(),
            milling.commissioningReadings(),
            milling.gateThreshold(),
            milling.rulUnit(),
            milling.rulHorizon(),
            List.of(),
            false,
            0,
            null,
            null);
    twin.types = new MachineTypes(List.of(withoutRules, Fixtures.TYPES.auto()));
    twin.record(Fixtures.milling(3));
    assertThat(twin.state.alerts().open()).isEmpty();
    assertThat(twin.events(MachineEvent.AlertChanged.class).getLast().to())
        .isEqualTo(AlertState.NORMAL);
  }

  @Test
  void noMachineIsRegisteredWhenAllPlacesAreTaken() {
    Twin twin = new Twin("machine-001");
    twin.admission = DecisionContext.Admission.FULL;
    MachineReply.Changed answer =
        twin.change(to -> new MachineCommand.Register(Description.NONE, null, "anna", "new", to));
    assertThat(answer.result()).isEqualTo(ChangeResult.CONFLICT);
    assertThat(answer.detail()).contains("max-machines");
    assertThat(twin.journal).isEmpty();
  }

  @Test
  void maintenanceOfAnUnknownMachineIsNotRecorded() {
    Twin twin = new Twin("machine-001");
    assertThat(
            twin.change(to -> new MachineCommand.RecordMaintenance("x", "", "anna", to)).result())
        .isEqualTo(ChangeResult.NOT_FOUND);
    assertThat(twin.journal).isEmpty();
  }

  /** Probabilities of overstrain of 200/250 twice raise the critical alert. */
  private static Twin inAlarm() {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(1L, START.plusSeconds(1), 10, 200));
    twin.record(Fixtures.milling(2L, START.plusSeconds(2), 10, 200));
    return twin;
  }

  private static void calm(Twin twin) {
    for (long seq = 3; seq < 8; seq++) {
      twin.record(Fixtures.milling(seq, START.plusSeconds(seq), 10, 0));
    }
  }

  private static MachineEvent.HealthChanged told(Twin twin) {
    return twin.events(MachineEvent.HealthChanged.class).getLast();
  }

  @Test
  void twoLikelyFailuresOfAModeRaiseItsAlertAndTheMachineIsInAlarm() {
    Twin twin = inAlarm();
    Alert alert = twin.state.alerts().open().getFirst();
    assertThat(twin.state.alerts().open()).hasSize(1);
    assertThat(alert.rule()).isEqualTo("overstrain");
    assertThat(alert.severity()).isEqualTo(Severity.CRITICAL);
    assertThat(alert.raisedAt()).isEqualTo(START.plusSeconds(2));
    assertThat(told(twin).status()).isEqualTo(Status.ALARM);
    assertThat(told(twin).failureMode()).isEqualTo("overstrain");
    MachineEvent.AlertChanged raised = twin.events(MachineEvent.AlertChanged.class).getFirst();
    assertThat(raised.failureProbability()).isEqualTo((double) (200f / 250));
    assertThat(raised.rulP50()).isEqualTo(50);
    assertThat(raised.score()).isEqualTo(0.1f / 0.61);
  }

  @Test
  void anAcknowledgedAlertStaysUntilItsConditionHasGone() {
    Twin twin = inAlarm();
    String id = twin.state.alerts().open().getFirst().id();
    assertThat(acknowledge(twin, id).result()).isEqualTo(ChangeResult.DONE);
    MachineEvent.AlertChanged acknowledged = twin.events(MachineEvent.AlertChanged.class).getLast();
    assertThat(acknowledged.to()).isEqualTo(AlertState.ACKNOWLEDGED);
    assertThat(acknowledged.readingRevision()).as("no reading decided it").isZero();
    assertThat(twin.journal.getLast().stamp().cause())
        .isEqualTo(new Cause.Principal("bert", "seen"));
    assertThat(acknowledge(twin, id).result()).isEqualTo(ChangeResult.UNCHANGED);
    assertThat(told(twin).status()).isEqualTo(Status.ALARM);
    calm(twin);
    assertThat(twin.state.alerts().open()).isEmpty();
    assertThat(acknowledge(twin, id).result()).isEqualTo(ChangeResult.NOT_FOUND);
    assertThat(told(twin).status()).isEqualTo(Status.NORMAL);
  }

  @Test
  void anAlertWhoseConditionHasGoneIsClosedByAcknowledgingIt() {
    Twin twin = inAlarm();
    String id = twin.state.alerts().open().getFirst().id();
    calm(twin);
    assertThat(twin.state.alertState(id)).isEqualTo(AlertState.RETURNED_UNACKNOWLEDGED);
    assertThat(told(twin).status()).isEqualTo(Status.WATCH);
    assertThat(acknowledge(twin, id).result()).isEqualTo(ChangeResult.DONE);
    assertThat(twin.state.alerts().open()).isEmpty();
    assertThat(told(twin).status()).as("told with the same decision").isEqualTo(Status.NORMAL);
  }

  @Test
  void aClosedAlertThatIsRaisedAgainHasANewId() {
    Twin twin = inAlarm();
    String first = twin.state.alerts().open().getFirst().id();
    acknowledge(twin, first);
    calm(twin);
    for (long seq = 8; seq < 10; seq++) {
      twin.record(Fixtures.milling(seq, START.plusSeconds(seq), 10, 200));
    }
    Alert second = twin.state.alerts().open().getFirst();
    assertThat(second.id()).isNotEqualTo(first).isEqualTo("machine-001-" + second.revision());
  }

  @Test
  void aBatchNamesForEachAlertTheReadingThatDecidedIt() {
    Twin twin = new Twin("machine-001");
    List<SubmittedReading> batch = new ArrayList<>();
    for (long seq = 1; seq <= 10; seq++) {
      batch.add(Fixtures.milling(seq, START.plusSeconds(seq), 10, seq <= 3 ? 200 : 0));
    }
    twin.record(null, batch);
    assertThat(twin.events(MachineEvent.AlertChanged.class))
        .extracting(MachineEvent.AlertChanged::to, MachineEvent.AlertChanged::readingIndex)
        .containsExactly(
            tuple(AlertState.UNACKNOWLEDGED, 1), tuple(AlertState.RETURNED_UNACKNOWLEDGED, 7));
    assertThat(twin.events(MachineEvent.AlertChanged.class))
        .extracting(MachineEvent.AlertChanged::readingRevision)
        .containsOnly(3L);
  }

  // Silence.

  @Test
  void silenceMakesAMachineStaleAndTheNextReadingEndsIt() {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(1L, START.plusSeconds(1), 10, 1));
    twin.now = START.plus(Duration.ofMinutes(2));
    twin.due();
    assertThat(told(twin).status()).as("exactly as long as allowed").isEqualTo(Status.NORMAL);
    twin.now = twin.now.plusMillis(1);
    twin.due();
    assertThat(told(twin).status()).isEqualTo(Status.STALE);
    assertThat(twin.journal.getLast().stamp().cause()).isEqualTo(new Cause.Program("silence"));
    int events = twin.journal.size();
    twin.due();
    assertThat(twin.journal).as("told once").hasSize(events);
    twin.record(Fixtures.milling(2L, START.plusSeconds(2), 10, 1));
    assertThat(told(twin).status()).isEqualTo(Status.NORMAL);
  }

  @Test
  void recordedTimesNeverGoBackThoughTheClockDoes() {
    Twin twin = new Twin("machine-001");
    twin.now = START.plusSeconds(10);
    twin.record(Fixtures.milling(1));
    twin.now = START.plusSeconds(5);
    twin.record(Fixtures.milling(2));
    assertThat(twin.journal.getLast().stamp().recordedAt()).isEqualTo(START.plusSeconds(10));
  }

  @Test
  void showsAReadingAheadOfTheClockOnlyWhileThereIsNoOther() {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(1L, START.plusSeconds(7200), 41, 1));
    assertThat(newest(twin)).isEqualTo(START.plusSeconds(7200));

    twin.record(Fixtures.milling(2L, START, 42, 1));
    assertThat(newest(twin)).isEqualTo(START);

    twin.record(Fixtures.milling(3L, START.plusSeconds(3600), 43, 1));
    assertThat(newest(twin)).isEqualTo(START);
    assertThat(twin.recorded()).hasSize(3);
  }

  private static Instant newest(Twin twin) {
    return Objects.requireNonNull(twin.state.latest()).reading().reading().timestamp();
  }
}
