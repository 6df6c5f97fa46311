package twin.http.job;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import twin.http.Json;

/** A piece of work and how far it is. Thread-safe. */
public final class Job {

  private static final double ALL = 1;

  private final String id;
  private final Jobs.Work work;
  private final Instant startedAt;
  private final AtomicReference<Outcome> outcome = new AtomicReference<>(Outcome.RUNNING);

  /** Where a job stands. */
  public enum State {
    RUNNING,
    DONE,
    FAILED,
    CANCELLED
  }

  private record Outcome(
      State state, @Nullable Instant endedAt, Json.@Nullable Document result, String detail) {
    private static final Outcome RUNNING = new Outcome(State.RUNNING, null, null, "");
  }

  Job(String id, Jobs.Work work, Instant startedAt) {
    this.id = id;
    this.work = work;
    this.startedAt = startedAt;
  }

  /** Names it on this node. */
  public String id() {
    return id;
  }

  String requestedBy() {
    return work.requestedBy();
  }

  /** Where it stands. */
  public State state() {
    return outcome.get().state();
  }

  void done(Json.Document result, Instant now) {
    outcome.compareAndSet(Outcome.RUNNING, new Outcome(State.DONE, now, result, ""));
  }

  void failed(String detail, Instant now) {
    outcome.compareAndSet(Outcome.RUNNING, new Outcome(State.FAILED, now, null, detail));
  }

  void cancel(Instant now) {
    if (outcome.compareAndSet(
        Outcome.RUNNING, new Outcome(State.CANCELLED, now, null, "somebody cancelled it"))) {
      work.cancel().run();
    }
  }

  /** Writes it, with its result once it has one. */
  public void write(JsonGenerator out) throws IOException {
    write(out, true);
  }

  void write(JsonGenerator out, boolean withResult) throws IOException {
    Outcome now = outcome.get();
    out.writeStartObject();
    out.writeStringField("job_id", id);
    out.writeStringField("kind", work.kind());
    Json.text(out, "machine_id", work.machineId());
    out.writePOJOField("state", now.state());
    Json.number(
        out,
        "progress",
        (Double)
            (now.state() == State.DONE ? ALL : Math.clamp(work.progress().getAsDouble(), 0, ALL)));
    out.writeStringField("requested_by", work.requestedBy());
    Json.time(out, "started_at", startedAt);
    Json.time(out, "ended_at", now.endedAt());
    Json.text(out, "detail", now.detail());
    List<String> log = withResult ? work.log().get() : List.of();
    if (!log.isEmpty()) {
      out.writeArrayFieldStart("log");
      for (String line : log) {
        out.writeString(line);
      }
      out.writeEndArray();
    }
    Json.Document result = now.result();
    if (withResult && result != null) {
      out.writeFieldName("result");
      result.write(out);
    }
    out.writeEndObject();
  }
}
