package twin.app.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import twin.core.store.TrainingRun;
import twin.http.model.Trainings;

final class TrainingScheduleTest {

  private Instant now = Instant.parse("2025-11-07T22:59:00Z");
  private boolean busy;
  private final List<Trainings.Wanted> begun = new ArrayList<>();

  private final Trainings trainings =
      new Trainings() {
        @Override
        public CompletionStage<Run> start(Wanted wanted) {
          if (busy) {
            return CompletableFuture.failedStage(new RefusedException("one runs"));
          }
          begun.add(wanted);
          return CompletableFuture.completedStage(new Begun());
        }

        @Override
        public CompletionStage<List<TrainingRun>> newest(String type, int limit) {
          return CompletableFuture.completedStage(List.of());
        }
      };

  private record Begun() implements Trainings.Run {
    @Override
    public CompletionStage<JsonNode> report() {
      return new CompletableFuture<>();
    }

    @Override
    public double progress() {
      return 0;
    }

    @Override
    public List<String> log() {
      return List.of();
    }

    @Override
    public void cancel() {
      // Nobody does.
    }
  }

  private TrainingSchedule schedule(String cron) {
    return new TrainingSchedule(
        trainings,
        new TrainingSettings.Schedule(
            true,
            cron,
            ZoneId.of("Europe/Berlin"),
            List.of("milling", "pump"),
            28,
            Duration.ofSeconds(30),
            Duration.ofHours(6)),
        () -> now);
  }

  private List<String> types() {
    return begun.stream().map(Trainings.Wanted::type).toList();
  }

  @Test
  void trainsEachTypeOnceAtMidnightOfItsTimeZone() {
    TrainingSchedule schedule = schedule("0 0 * * *");
    now = Instant.parse("2025-11-07T05:30:00Z");
    schedule.look();
    assertThat(begun).as("the midnight before is too long ago").isEmpty();
    now = Instant.parse("2025-11-07T22:59:59Z");
    schedule.look();
    assertThat(begun).isEmpty();
    now = Instant.parse("2025-11-07T23:00:10Z");
    schedule.look();
    schedule.look();
    assertThat(types()).containsExactly("milling", "pump");
    Trainings.Wanted first = begun.getFirst();
    assertThat(first.scheduledFor()).isEqualTo(Instant.parse("2025-11-07T23:00:00Z"));
    assertThat(first.to()).isEqualTo(first.scheduledFor());
    assertThat(first.from()).isEqualTo(Instant.parse("2025-10-10T23:00:00Z"));
    assertThat(first.by()).isEqualTo("schedule");
    now = Instant.parse("2025-11-08T23:00:00Z");
    schedule.look();
    assertThat(begun).hasSize(4);
  }

  @Test
  void waitsForItsTurnWhileAnotherOneRunsButNotForEver() {
    TrainingSchedule schedule = schedule("0 0 * * *");
    now = Instant.parse("2025-11-07T23:00:10Z");
    busy = true;
    schedule.look();
    assertThat(begun).isEmpty();
    busy = false;
    now = Instant.parse("2025-11-08T02:00:00Z");
    schedule.look();
    assertThat(types()).containsExactly("milling", "pump");
    assertThat(begun.getFirst().scheduledFor()).isEqualTo(Instant.parse("2025-11-07T23:00:00Z"));
  }

  @Test
  void saysWhatIsWrongWithAnExpression() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> schedule("at night"))
        .withMessageStartingWith("twin.training.schedule.cron 'at night': ");
  }
}
