package twin.http.simulation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.Role;

/** Puts simulated machines on profiles, where the simulator runs in the same process. */
public final class SimulationEndpoints {

  private static final int DURATION_MAX_SECONDS = 86_400;

  private final Optional<Simulations> simulations;

  public SimulationEndpoints(Optional<Simulations> simulations) {
    this.simulations = simulations;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.post("/api/v1/simulations/{machine_id}", this::start)
            .taking("profile", "duration_sec")
            .requires(Role.OPERATOR)
            .forAllSites());
  }

  private CompletionStage<HttpResponse> start(Call call) {
    Simulations simulator =
        simulations.orElseThrow(
            () ->
                Problem.conflict(
                        "No simulator runs in this process. ./twin demo starts one; elsewhere ask"
                            + " the program that simulates.")
                    .toException());
    String machineId = call.segment("machine_id");
    List<String> allowed = simulator.profiles(machineId);
    if (allowed.isEmpty()) {
      throw Problem.notFound(
              "The machine '%s' is not simulated here; GET /api/v1/system/info lists those that are."
                  .formatted(machineId))
          .toException();
    }
    Map<String, String> profiles =
        allowed.stream().collect(Collectors.toMap(Function.identity(), Function.identity()));
    String profile =
        call.choice("profile", profiles)
            .orElseThrow(
                () ->
                    Problem.badRequest(
                            "Say which profile: profile=%s."
                                .formatted(String.join(" or profile=", allowed)))
                        .toException());
    int seconds = call.integer("duration_sec", 1, DURATION_MAX_SECONDS, 0);
    Optional<Duration> duration =
        seconds == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds));
    simulator.start(machineId, profile, duration);
    return CompletableFuture.completedFuture(
        Json.ok(
            out -> {
              out.writeStartObject();
              out.writeStringField("machine_id", machineId);
              out.writeStringField("profile", profile);
              if (seconds > 0) {
                out.writeNumberField("duration_sec", seconds);
              }
              out.writeEndObject();
            }));
  }
}
