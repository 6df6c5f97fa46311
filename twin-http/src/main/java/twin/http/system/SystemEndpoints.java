package twin.http.system;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.http.Call;
import twin.http.Caller;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.simulation.Simulations;

/** Whether the program is alive and ready, and what it consists of. */
public final class SystemEndpoints {

  private final List<Part> parts;
  private final Duration patience;
  private final Supplier<SystemInfo> info;
  private final Optional<Simulations> simulations;

  /**
   * Endpoints.
   *
   * @param parts what must be ready
   * @param patience how long a part has to say whether it is
   * @param info asked with each call
   * @param simulations the simulator in this process, if there is one
   */
  public SystemEndpoints(
      List<Part> parts,
      Duration patience,
      Supplier<SystemInfo> info,
      Optional<Simulations> simulations) {
    this.parts = List.copyOf(parts);
    this.patience = patience;
    this.info = info;
    this.simulations = simulations;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/health", this::health).withoutKey(),
        Endpoint.get("/ready", this::ready).withoutKey(),
        Endpoint.get("/api/v1/system/info", this::systemInfo));
  }

  private CompletionStage<HttpResponse> health(Call call) {
    return CompletableFuture.completedFuture(
        Json.ok(
            out -> {
              out.writeStartObject();
              out.writeStringField("status", "alive");
              out.writeEndObject();
            }));
  }

  private CompletionStage<HttpResponse> ready(Call call) {
    Map<String, CompletableFuture<Optional<String>>> asked = new LinkedHashMap<>();
    for (Part part : parts) {
      asked.put(part.name(), trouble(part));
    }
    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture[]::new))
        .thenApply(
            done -> {
              Map<String, String> troubles = new LinkedHashMap<>();
              asked.forEach((name, trouble) -> troubles.put(name, trouble.join().orElse("")));
              return readiness(troubles);
            });
  }

  private CompletableFuture<Optional<String>> trouble(Part part) {
    return ask(part)
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionally(
            failure ->
                Optional.of(
                    "It does not answer: " + Problem.rootOf(failure).getClass().getSimpleName()));
  }

  private static CompletableFuture<Optional<String>> ask(Part part) {
    try {
      return part.trouble().get().toCompletableFuture().copy();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The answer, from what is wrong with each part; empty where nothing is. */
  private static HttpResponse readiness(Map<String, String> troubles) {
    List<String> unready =
        troubles.entrySet().stream()
            .filter(each -> !each.getValue().isEmpty())
            .map(Map.Entry::getKey)
            .toList();
    Map<String, Map<String, Object>> shown = new LinkedHashMap<>();
    troubles.forEach(
        (name, trouble) ->
            shown.put(
                name,
                trouble.isEmpty()
                    ? Map.of("ready", true)
                    : Map.of("ready", false, "detail", trouble)));
    if (unready.isEmpty()) {
      return Json.ok(
          out -> {
            out.writeStartObject();
            out.writeStringField("status", "ready");
            out.writePOJOField("parts", shown);
            out.writeEndObject();
          });
    }
    return Problem.unavailable(
            "Not ready: %s. Wait, or look at the named part.".formatted(String.join(", ", unready)))
        .withMember("parts", shown)
        .toResponse();
  }

  private CompletionStage<HttpResponse> systemInfo(Call call) {
    SystemInfo now = info.get();
    return CompletableFuture.completedFuture(Json.ok(out -> write(out, now, call.caller())));
  }

  private void write(JsonGenerator out, SystemInfo now, Caller caller) throws IOException {
    out.writeStartObject();
    out.writeStringField("version", now.version());
    out.writeStringField("node", now.node());
    out.writePOJOField("members", now.members());
    out.writePOJOField("models", now.models());
    out.writeObjectFieldStart("runtime");
    Runtime runtime = Runtime.getRuntime();
    out.writeStringField("java", Runtime.version().toString());
    out.writeStringField(
        "os", "%s %s".formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    out.writeNumberField("processors", runtime.availableProcessors());
    out.writeNumberField("heap_used_bytes", runtime.totalMemory() - runtime.freeMemory());
    out.writeNumberField("heap_max_bytes", runtime.maxMemory());
    out.writeNumberField(
        "uptime_sec",
        TimeUnit.MILLISECONDS.toSeconds(ManagementFactory.getRuntimeMXBean().getUptime()));
    out.writeEndObject();
    if (simulations.isPresent() && caller.sites().isAll()) {
      out.writeObjectFieldStart("simulator");
      out.writePOJOField("machines", simulations.get().machineIds());
      out.writeArrayFieldStart("groups");
      for (Simulations.Group group : simulations.get().groups()) {
        out.writeStartObject();
        out.writeStringField("machine_type", group.machineType());
        out.writePOJOField("machines", group.machineIds());
        out.writePOJOField("profiles", group.profiles());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    }
    out.writeEndObject();
  }
}
