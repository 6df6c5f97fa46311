package twin.http.job;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import twin.http.HttpSettings;
import twin.http.Json;
import twin.http.Problem;

/**
 * The jobs of this node. They end with it, and other nodes do not know them. So many run at a time,
 * and of those that have ended the newest are remembered. Thread-safe.
 */
public final class Jobs {

  private final InstantSource clock;
  private final HttpSettings.JobSettings settings;
  private final Map<String, Job> jobs = new LinkedHashMap<>();

  public Jobs(InstantSource clock, HttpSettings.JobSettings settings) {
    this.clock = clock;
    this.settings = settings;
  }

  /**
   * Some work.
   *
   * @param kind what kind of work
   * @param machineId whose past it looks at; empty for all machines
   * @param requestedBy who wants it
   * @param progress how much of it is done, 0 to 1
   * @param cancel ends it early
   * @param log the newest lines that it has written
   */
  public record Work(
      String kind,
      String machineId,
      String requestedBy,
      DoubleSupplier progress,
      Runnable cancel,
      Supplier<List<String>> log) {

    /** Some that writes nothing. */
    public Work(
        String kind,
        String machineId,
        String requestedBy,
        DoubleSupplier progress,
        Runnable cancel) {
      this(kind, machineId, requestedBy, progress, cancel, List::of);
    }
  }

  /**
   * Starts a job.
   *
   * @param run starts the work, and completes with what it gave
   */
  public Job start(Work work, Supplier<CompletionStage<Json.Document>> run) {
    Job job = new Job(UUID.randomUUID().toString(), work, clock.instant());
    synchronized (jobs) {
      int running = running();
      if (running >= settings.runningMax()) {
        throw Problem.unavailable(
                "%d jobs are running, as many as may at a time. Ask again when one has ended, or cancel one with DELETE /api/v1/jobs/{id}."
                    .formatted(running))
            .toException();
      }
      jobs.put(job.id(), job);
      forgetOld();
    }
    run.get()
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                job.done(result, clock.instant());
              } else {
                job.failed(Problem.of(failure).detail(), clock.instant());
              }
            });
    return job;
  }

  private void forgetOld() {
    List<String> ended =
        jobs.values().stream()
            .filter(each -> each.state() != Job.State.RUNNING)
            .map(Job::id)
            .toList();
    ended.stream().limit(Math.max(0, ended.size() - settings.keptMax())).forEach(jobs::remove);
  }

  /** A job of this node. */
  public Optional<Job> find(String id) {
    synchronized (jobs) {
      return Optional.ofNullable(jobs.get(id));
    }
  }

  /** Cancels a job. One that has ended stays as it is. */
  void cancel(Job job) {
    job.cancel(clock.instant());
  }

  /** How many run. */
  public int running() {
    synchronized (jobs) {
      return (int) jobs.values().stream().filter(each -> each.state() == Job.State.RUNNING).count();
    }
  }

  /** All jobs, the newest first. */
  List<Job> newestFirst() {
    synchronized (jobs) {
      List<Job> all = new ArrayList<>(jobs.values());
      Collections.reverse(all);
      return all;
    }
  }
}
