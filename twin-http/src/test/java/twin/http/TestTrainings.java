package twin.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import twin.core.store.TrainingRun;
import twin.http.model.Trainings;

/** Trainings that end when they are told to, one at a time. */
final class TestTrainings implements Trainings {
  private final List<Wanted> wanted = new ArrayList<>();
  private CompletableFuture<JsonNode> running = CompletableFuture.completedFuture(report());
  private boolean cancelled;

  static ObjectNode report() {
    ObjectNode report = Json.MAPPER.createObjectNode();
    report.put("outcome", "skipped");
    report.putArray("why").add("3 days with readings, and 21 are needed");
    report.putObject("sufficiency");
    report.putObject("validation");
    return report;
  }

  synchronized List<Wanted> wanted() {
    return List.copyOf(wanted);
  }

  synchronized boolean isCancelled() {
    return cancelled;
  }

  synchronized void end() {
    running.complete(report());
  }

  @Override
  public synchronized CompletionStage<Run> start(Wanted what) {
    if (!running.isDone()) {
      return CompletableFuture.failedFuture(
          new RefusedException("A training of milling runs already."));
    }
    wanted.add(what);
    CompletableFuture<JsonNode> report = new CompletableFuture<>();
    running = report;
    return CompletableFuture.completedFuture(
        new Run() {
          @Override
          public CompletionStage<JsonNode> report() {
            return report;
          }

          @Override
          public double progress() {
            return 0.25;
          }

          @Override
          public List<String> log() {
            return List.of("0 s  reading", "3 s  learning");
          }

          @Override
          public void cancel() {
            synchronized (TestTrainings.this) {
              cancelled = true;
            }
          }
        });
  }

  @Override
  public CompletionStage<List<TrainingRun>> newest(String type, int limit) {
    Instant at = Instant.parse("2025-11-08T00:00:00Z");
    return CompletableFuture.completedFuture(
        List.of(
            new TrainingRun(
                "t-1",
                type,
                at.minusSeconds(86_400),
                at,
                at,
                "schedule",
                at,
                at.plusSeconds(3),
                "skipped",
                "3 days with readings, and 21 are needed",
                report().toString())));
  }
}
