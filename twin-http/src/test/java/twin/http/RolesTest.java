package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The whole table: every operation of the API by every role. */
final class RolesTest {

  private static final String KEYS =
      List.of(Role.values()).stream()
          .map(role -> "%s:%s:%s".formatted(role.label(), key(role), role.label()))
          .collect(Collectors.joining(","));

  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            "twin.http { api-keys = \"%s\", security.limits.sign-ins-per-minute = 1000 }"
                .formatted(KEYS));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String key(Role role) {
    return role.label().repeat(8);
  }

  private record Operation(String method, String path, JsonNode description) {
    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  private static List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path :
        server.get("/openapi.json").body().path("paths").properties()) {
      for (Map.Entry<String, JsonNode> each : path.getValue().properties()) {
        operations.add(
            new Operation(each.getKey().toUpperCase(Locale.ROOT), path.getKey(), each.getValue()));
      }
    }
    return operations;
  }

  @Test
  void everyOperationIsDoneByWhoHasTheRoleThatItNamesAndByNobodyBelow() throws Exception {
    Map<String, Role> roles =
        List.of(Role.values()).stream().collect(Collectors.toMap(Role::label, Function.identity()));
    List<Operation> operations = operations();
    assertThat(operations).hasSizeGreaterThan(40);
    int refused = 0;
    for (Operation operation : operations) {
      Role needed = roles.get(operation.description().path("x-required-role").asText());
      assertThat(needed == null).as("%s", operation).isEqualTo(isOpen(operation));
      for (Role role : Role.values()) {
        HttpResponse<InputStream> answer = call(operation, role);
        try (InputStream body = answer.body()) {
          boolean may = needed == null || role.covers(needed);
          assertThat(answer.statusCode() != 403)
              .as("%s by %s: %d", operation, role.label(), answer.statusCode())
              .isEqualTo(may);
          assertThat(answer.statusCode()).as("%s by %s", operation, role).isNotEqualTo(401);
          if (needed != null && !may) {
            refused++;
            JsonNode problem = Json.MAPPER.readTree(body);
            assertThat(problem.path("role").asText()).isEqualTo(needed.label());
            assertThat(problem.path("detail").asText()).contains("needs the role");
          }
        }
      }
    }
    assertThat(refused).isGreaterThan(40);
  }

  private static boolean isOpen(Operation operation) {
    return operation.description().has("security");
  }

  private static HttpResponse<InputStream> call(Operation operation, Role role) throws Exception {
    String path = operation.path().replaceAll("\\{[a-z_]+\\}", "unheard-1");
    HttpRequest.BodyPublisher body =
        List.of("GET", "DELETE").contains(operation.method())
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString("{}");
    // Streams go on: only the status is waited for.
    return server
        .client()
        .send(
            HttpRequest.newBuilder(server.uri(path))
                .timeout(Duration.ofSeconds(30))
                .header("X-Api-Key", key(role))
                .header("Content-Type", "application/json")
                .method(operation.method(), body)
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
  }

  @Test
  void theDescriptionSaysWhatTheTableOfEndpointsSays() {
    Map<String, String> described =
        operations().stream()
            .filter(each -> !each.description().has("x-served-by"))
            .collect(
                Collectors.toMap(
                    Operation::toString,
                    each -> each.description().path("x-required-role").asText()));
    Map<String, String> served =
        server.endpoints.stream()
            .collect(
                Collectors.toMap(
                    each -> each.method().value() + " " + each.path(),
                    each -> each.open() ? "" : each.role().label()));
    assertThat(described).isEqualTo(served);
  }
}
