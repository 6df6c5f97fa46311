package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.Fixtures.ScriptedModel;
import twin.core.machine.Fixtures.Twin;
import twin.core.reading.SubmittedReading;

final class ExplanationTest {

  /** The scripted model, naming the mean torque and its fingerprint as what mattered. */
  private record Telling(ScriptedModel model) implements ModelSession, Models {
    @Override
    public Optional<ModelSession> champion(String type, String machineId) {
      return Optional.of(this);
    }

    @Override
    public ModelProfile profile() {
      return model.profile();
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      return model.run(readings);
    }

    @Override
    public List<Contribution> explain(FeatureVector reading, Conclusion conclusion) {
      return List.of(
          new Contribution(
              conclusion.kind() + " " + conclusion.index(),
              reading.get("torque_nm.mean_10"),
              null,
              null,
              (double) reading.hash()));
    }
  }

  private static Telling telling(String version) {
    return new Telling(new ScriptedModel(version));
  }

  /** Where the readings of a batch were recorded: the position of that event in the journal. */
  private static int eventOf(Twin twin, long revision) {
    assertThat(twin.journal.get((int) revision - 1).manifest()).isEqualTo(MachineEvent.READINGS);
    return (int) revision - 1;
  }

  private static Explanation explain(Twin twin, long revision, int index, Models models) {
    int event = eventOf(twin, revision);
    return Explanation.of(twin.states.get(event), twin.journal.get(event), index, models);
  }

  @Test
  void explainsAReadingOfABatchAsIfItHadComeAlone() {
    Telling model = telling("1.0.0");
    Twin together = new Twin("machine-001");
    Twin single = new Twin("machine-001");
    together.models = model;
    single.models = model;
    List<SubmittedReading> batch = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      batch.add(Fixtures.milling((long) i, Fixtures.START.plusSeconds(i), 10.0 * i, 220.0 - i));
    }
    long revision = together.record(null, batch).getFirst().revision();
    for (int i = 0; i < batch.size(); i++) {
      long alone = single.record(batch.get(i)).getFirst().revision();
      Explanation ofBatch = explain(together, revision, i, model);
      Explanation ofOne = explain(single, alone, 0, model);
      assertThat(ofBatch).isInstanceOf(Explanation.Explained.class);
      assertThat(((Explanation.Explained) ofBatch).contributions())
          .isEqualTo(((Explanation.Explained) ofOne).contributions())
          .first()
          .satisfies(most -> assertThat(most.feature()).isEqualTo("FAILURE_MODE 2"));
    }
  }

  @Test
  void leavesToTheModelThatDecidedToSayWhy() {
    Twin twin = new Twin("machine-001");
    twin.models = telling("1.0.0");
    long revision = twin.record(Fixtures.milling(1)).getFirst().revision();
    assertThat(explain(twin, revision, 0, telling("2.0.0")))
        .isInstanceOfSatisfying(
            Explanation.ModelNotLoaded.class,
            not -> {
              assertThat(not.decided().label()).isEqualTo("milling:1.0.0");
              assertThat(not.loaded()).isNotNull();
            });
    assertThat(explain(twin, revision, 0, Models.none()))
        .isInstanceOfSatisfying(
            Explanation.ModelNotLoaded.class, not -> assertThat(not.loaded()).isNull());
  }

  @Test
  void refusesToExplainByOtherFeaturesThanThoseJudged() {
    Telling model = telling("1.0.0");
    Twin twin = new Twin("machine-001");
    twin.models = model;
    int event = eventOf(twin, twin.record(Fixtures.milling(1)).getFirst().revision());
    JournalEntry entry = twin.journal.get(event);
    AssessedReading judged = twin.recorded().getFirst();
    AssessedReading other =
        new AssessedReading(
            judged.reading(),
            judged.placement(),
            judged.operatingMode(),
            judged.featureHash() + 1,
            judged.assessment(),
            null);
    JournalEntry changed =
        EventCodec.encode(entry.stamp(), new MachineEvent.ReadingsRecorded(List.of(other)));
    assertThat(Explanation.of(twin.states.get(event), changed, 0, model))
        .isInstanceOf(Explanation.FeaturesDiffer.class);
  }

  @Test
  void saysWhyThereIsNothingToExplain() {
    Telling model = telling("1.0.0");
    Twin twin = new Twin("machine-001");
    twin.models = model;
    twin.now = Fixtures.START.plusSeconds(60);
    twin.record(Fixtures.milling(50));
    long late = twin.record(Fixtures.milling(10)).getFirst().revision();
    assertThat(explain(twin, late, 0, model))
        .isInstanceOfSatisfying(
            Explanation.NotAssessed.class, not -> assertThat(not.reason()).isNull());
    model.model().failing = true;
    long failed = twin.record(Fixtures.milling(51)).getFirst().revision();
    assertThat(explain(twin, failed, 0, model))
        .isInstanceOfSatisfying(
            Explanation.NotAssessed.class,
            not -> assertThat(not.reason()).contains("out of order"));
    assertThatThrownBy(() -> explain(twin, failed, 1, model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has not 2");
  }

  @Test
  void leadsWithTheProbabilityOfFailureWhereABundleTellsNothingElse() {
    Assessment unlikely =
        Assessment.of(new float[0], false, 0.1f, new float[] {0.1f}, new float[0]);
    assertThat(Conclusion.leading(unlikely, new double[0], 0.5))
        .isEqualTo(new Conclusion(Conclusion.Kind.FAILURE, 0));
    Assessment withoutModes = Assessment.of(new float[0], false, 0.9f, new float[0], new float[0]);
    assertThat(Conclusion.leading(withoutModes, new double[0], 0.5))
        .isEqualTo(new Conclusion(Conclusion.Kind.FAILURE, 0));
  }
}
