package twin.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@code openapi.json} as tests use it: which operations there are, and whether an answer is one
 * that it allows. An object may have no members but those that its schema names, unless the schema
 * says so.
 */
final class ApiDescription {

  /**
   * A parameter of an operation.
   *
   * @param in path, query or header
   */
  record Parameter(
      String name, String in, boolean required, JsonNode schema, Optional<JsonNode> example) {}

  /** The body of a request. */
  record RequestBody(
      String mediaType, boolean required, JsonNode schema, Optional<JsonNode> example) {
    boolean isJson() {
      return mediaType.equals(JSON);
    }
  }

  /**
   * What can be asked.
   *
   * @param open whether it needs no key
   */
  record Operation(
      String id,
      String method,
      String path,
      List<Parameter> parameters,
      Optional<RequestBody> body,
      boolean open,
      JsonNode responses) {
    @Override
    public String toString() {
      return method + " " + path;
    }

    List<Parameter> in(String place) {
      return parameters.stream().filter(each -> each.in().equals(place)).toList();
    }
  }

  private static final String JSON = "application/json";

  private final JsonNode document;
  private final JsonSchemaFactory factory =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
  private final SchemaValidatorsConfig strict =
      SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
  private final Map<String, JsonSchema> validators = new ConcurrentHashMap<>();

  private ApiDescription(JsonNode document) {
    this.document = document;
  }

  static ApiDescription read() {
    try (InputStream in = ApiDescription.class.getResourceAsStream("/openapi.json")) {
      return new ApiDescription(Json.MAPPER.readTree(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every operation of the API itself. */
  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        if (!operation.getValue().has("x-served-by")) {
          operations.add(operation(path.getKey(), operation.getKey(), operation.getValue()));
        }
      }
    }
    return operations;
  }

  private Operation operation(String path, String method, JsonNode json) {
    List<Parameter> parameters = new ArrayList<>();
    for (JsonNode each : json.path("parameters")) {
      JsonNode parameter = resolved(each);
      parameters.add(
          new Parameter(
              parameter.path("name").asText(),
              parameter.path("in").asText(),
              parameter.path("required").asBoolean(),
              resolved(parameter.path("schema")),
              Optional.ofNullable(parameter.get("example"))));
    }
    JsonNode request = json.path("requestBody");
    String mediaType =
        request.at("/content/application~1json").isMissingNode()
            ? request.path("content").properties().stream()
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("")
            : JSON;
    JsonNode content = request.path("content").path(mediaType);
    Optional<RequestBody> body =
        request.isMissingNode()
            ? Optional.empty()
            : Optional.of(
                new RequestBody(
                    mediaType,
                    request.path("required").asBoolean(),
                    resolved(content.path("schema")),
                    Optional.ofNullable(content.get("example"))));
    JsonNode security = json.path("security");
    return new Operation(
        json.path("operationId").asText(),
        method.toUpperCase(Locale.ROOT),
        path,
        parameters,
        body,
        security.isArray() && security.isEmpty(),
        json.path("responses"));
  }

  /** What is referred to, or the node itself when it refers to nothing. */
  JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
  }

  /** What is wrong with an answer; nothing when the description allows it. */
  List<String> faults(Operation operation, int status, String contentType, byte[] body) {
    JsonNode response = operation.responses().get(String.valueOf(status));
    if (response == null && status >= 400) {
      response = operation.responses().get("default");
    }
    if (response == null) {
      return List.of("status %d is not described".formatted(status));
    }
    JsonNode content = resolved(response).path("content");
    if (content.isMissingNode()) {
      return body.length == 0 ? List.of() : List.of("a body is not described");
    }
    String type = contentType.replaceAll(";.*", "").strip();
    JsonNode media = content.path(type);
    if (media.isMissingNode()) {
      return content.has("*/*")
          ? List.of()
          : List.of("content type '%s' is not described".formatted(contentType));
    }
    if (!type.matches("application/(.+\\+)?json")) {
      return List.of();
    }
    return faults(operation + " " + status + " " + type, media.path("schema"), status, body);
  }

  private List<String> faults(String what, JsonNode schema, int status, byte[] body) {
    try {
      JsonNode json = Json.MAPPER.readTree(body);
      List<String> faults = new ArrayList<>();
      for (ValidationMessage message : validator(what, schema).validate(json)) {
        faults.add(message.getMessage());
      }
      if (status >= 400 && json.path("status").asInt() != status) {
        faults.add("the problem says another status than the answer");
      }
      return faults;
    } catch (IOException e) {
      return List.of("the body is no JSON: " + e.getMessage());
    }
  }

  private JsonSchema validator(String what, JsonNode schema) {
    return validators.computeIfAbsent(
        what,
        key -> {
          ObjectNode root = schema.deepCopy();
          root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
          root.set("components", document.path("components").deepCopy());
          close(root);
          return factory.getSchema(root, strict);
        });
  }

  /** Lets no object have members that nobody has described. */
  private static void close(JsonNode node) {
    if (node instanceof ObjectNode object) {
      if (object.has("properties") && !object.has("additionalProperties")) {
        object.put("additionalProperties", false);
      }
      object.forEach(ApiDescription::close);
    } else if (node instanceof ArrayNode array) {
      array.forEach(ApiDescription::close);
    }
  }
}
