package twin.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Makes values from JSON schemas: such as fit, such as do not, and such as nobody expects. */
final class SchemaValues {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** What breaks programs that take it for something else. */
  private static final List<String> ODD =
      List.of(
          "",
          " ",
          "null",
          "-1",
          "0",
          "1e309",
          "9223372036854775808",
          "NaN",
          "true",
          "{}",
          "[]",
          "a,b,,c",
          "machine-001",
          "Grüße, 안녕 😀",
          "a\u0000b",
          "\u202eright to left",
          "line\r\nX-Injected: yes",
          "'; drop table machines; --",
          "<script>alert(1)</script>",
          "../../etc/passwd",
          "%00%2e%2e%2f",
          "2025-11-07T15:00:00Z",
          "+1000000000-12-31T23:59:59Z",
          "${jndi:ldap://127.0.0.1/a}",
          "\\",
          "%",
          "_",
          "x".repeat(300),
          "long ".repeat(200));

  private final Random random;
  private final UnaryOperator<JsonNode> resolve;

  /**
   * Makes values.
   *
   * @param resolve what a reference in a schema leads to
   */
  SchemaValues(Random random, UnaryOperator<JsonNode> resolve) {
    this.random = random;
    this.resolve = resolve;
  }

  /** One of some things. */
  <T> T oneOf(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** True in so many of a hundred cases. */
  boolean percent(int share) {
    return random.nextInt(100) < share;
  }

  /** A text that nobody expects. */
  String oddText() {
    return oneOf(ODD);
  }

  /** A value that fits. */
  JsonNode fitting(JsonNode given) {
    JsonNode schema = resolve.apply(given);
    if (schema.has("enum")) {
      return schema.path("enum").get(random.nextInt(schema.path("enum").size()));
    }
    if (schema.has("oneOf")) {
      return fitting(schema.path("oneOf").get(random.nextInt(schema.path("oneOf").size())));
    }
    return switch (type(schema)) {
      case "integer" -> NODES.numberNode(integer(schema));
      case "number" -> NODES.numberNode(random.nextGaussian() * 100);
      case "boolean" -> NODES.booleanNode(random.nextBoolean());
      case "array" -> array(schema);
      case "object" -> object(schema);
      case "null" -> NODES.nullNode();
      default -> NODES.textNode(text(schema));
    };
  }

  private String type(JsonNode schema) {
    JsonNode type = schema.path("type");
    return type.isArray() ? type.get(random.nextInt(type.size())).asText() : type.asText();
  }

  private long integer(JsonNode schema) {
    long least = schema.path("minimum").asLong(0);
    long most = Math.min(schema.path("maximum").asLong(Long.MAX_VALUE), least + 50);
    return percent(5) ? schema.path("maximum").asLong(most) : random.nextLong(least, most + 1);
  }

  private String text(JsonNode schema) {
    if (schema.path("format").asText().equals("date-time")) {
      return "2025-11-07T%02d:%02d:%02dZ"
          .formatted(random.nextInt(24), random.nextInt(60), random.nextInt(60));
    }
    if (schema.has("pattern")) {
      return "machine-00" + random.nextInt(10);
    }
    String text = oneOf(List.of("milling", "Ulm", "state", "alert", "torque_nm", "a b", oddText()));
    int most = schema.path("maxLength").asInt(Integer.MAX_VALUE);
    return text.length() > most ? text.substring(0, most) : text;
  }

  private ArrayNode array(JsonNode schema) {
    ArrayNode array = NODES.arrayNode();
    for (int i = random.nextInt(4); i > 0; i--) {
      array.add(fitting(schema.path("items")));
    }
    return array;
  }

  private ObjectNode object(JsonNode schema) {
    ObjectNode object = NODES.objectNode();
    List<String> required = new ArrayList<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    for (Map.Entry<String, JsonNode> member : schema.path("properties").properties()) {
      if (required.contains(member.getKey()) || random.nextBoolean()) {
        object.set(member.getKey(), fitting(member.getValue()));
      }
    }
    JsonNode others = schema.path("additionalProperties");
    if (others.isObject()) {
      for (int i = random.nextInt(3); i > 0; i--) {
        object.set("other-" + i, fitting(others));
      }
    }
    return object;
  }

  /** Any value at all. */
  JsonNode any() {
    return switch (random.nextInt(8)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.numberNode(random.nextLong());
      case 2 -> NODES.numberNode(random.nextDouble() * 1e300);
      case 3 -> NODES.booleanNode(random.nextBoolean());
      case 4 -> NODES.arrayNode().add(oddText()).addNull();
      case 5 -> NODES.objectNode().put(oddText(), oddText());
      default -> NODES.textNode(oddText());
    };
  }

  /** A body in which some member is another than the schema has it. */
  JsonNode spoiled(JsonNode schema) {
    JsonNode fitting = fitting(schema);
    if (!(fitting instanceof ObjectNode object) || percent(5)) {
      return any();
    }
    List<String> names = new ArrayList<>();
    schema.path("properties").fieldNames().forEachRemaining(names::add);
    names.add(oddText());
    object.set(oneOf(names), any());
    return object;
  }

  /** Values that a schema forbids: of another kind, out of bounds, too long. */
  static List<JsonNode> forbidden(JsonNode schema) {
    List<JsonNode> forbidden = new ArrayList<>();
    switch (schema.path("type").asText()) {
      case "integer" -> {
        forbidden.addAll(List.of(NODES.textNode("x"), NODES.numberNode(1.5)));
        if (schema.has("minimum")) {
          forbidden.add(NODES.numberNode(schema.path("minimum").asLong() - 1));
        }
        if (schema.has("maximum")) {
          forbidden.add(NODES.numberNode(schema.path("maximum").asLong() + 1));
        }
      }
      case "number" -> forbidden.addAll(List.of(NODES.textNode("x"), NODES.textNode("NaN")));
      case "boolean" -> forbidden.add(NODES.textNode("perhaps"));
      case "object" -> forbidden.addAll(List.of(NODES.textNode("x"), NODES.arrayNode()));
      case "array" -> forbidden.addAll(List.of(NODES.textNode("x"), NODES.objectNode()));
      default -> {
        if (schema.has("enum")) {
          forbidden.add(NODES.textNode("nobody-has-heard-of-it"));
        }
        if (schema.path("format").asText().equals("date-time")) {
          forbidden.addAll(
              List.of(NODES.textNode("yesterday"), NODES.textNode("2025-13-01T00:00:00Z")));
        }
        if (schema.has("pattern")) {
          forbidden.add(NODES.textNode("a b"));
        }
        if (schema.has("maxLength")) {
          forbidden.add(NODES.textNode("x".repeat(schema.path("maxLength").asInt() + 1)));
        }
      }
    }
    return forbidden;
  }

  /** Values that are not even texts, for members whose schema says that they are. */
  static List<JsonNode> noTexts(JsonNode schema) {
    return schema.path("type").asText().equals("string")
        ? List.of(NODES.numberNode(1), NODES.booleanNode(true), NODES.arrayNode())
        : List.of();
  }
}
