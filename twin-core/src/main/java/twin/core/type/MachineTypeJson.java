package twin.core.type;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MutableCoercionConfig;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Machine types as JSON: what {@code GET /types} gives and {@code PUT /types/{type}} takes. Members
 * are called as in {@link MachineType}, in snake_case, with durations in ISO 8601. What is left out
 * is what a machine of which only the channels are known needs: {@link TypeDefaults}.
 */
public final class MachineTypeJson {

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_\\-]{0,63}");

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .withCoercionConfig(LogicalType.Textual, MachineTypeJson::onlyTexts)
          .addMixIn(Channel.class, WithoutInfinity.class)
          .addModule(
              new SimpleModule("types")
                  .addSerializer(Duration.class, new WriteDuration())
                  .addDeserializer(Duration.class, new ReadDuration())
                  .addSerializer(Double.TYPE, new WriteNumber())
                  .addDeserializer(Double.TYPE, new ReadNumber())
                  .addSerializer(Enum.class, new WriteConstant()))
          .build();

  private MachineTypeJson() {}

  private static void onlyTexts(MutableCoercionConfig textual) {
    for (CoercionInputShape shape :
        List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)) {
      textual.setCoercion(shape, CoercionAction.Fail);
    }
  }

  /** An open range is one that is not there. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private interface WithoutInfinity {}

  /** A type as JSON. */
  public static String write(MachineType type) {
    try {
      return MAPPER.writeValueAsString(type);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a record can always be written", e);
    }
  }

  /**
   * A type from JSON.
   *
   * @param name its name, which the document may repeat
   * @throws IllegalArgumentException when it makes no sense, saying where and why
   */
  public static MachineType read(String name, String json) {
    requireName(name);
    try {
      if (!(MAPPER.readTree(json) instanceof ObjectNode document)) {
        throw new IllegalArgumentException("a machine type must be a JSON object");
      }
      JsonNode named = document.get("name");
      if (named != null && !named.asText().equals(name)) {
        throw new IllegalArgumentException(
            "the document is of machine type '%s', not '%s'".formatted(named.asText(), name));
      }
      document.put("name", name);
      complete(document);
      return MAPPER.treeToValue(document, MachineType.class);
    } catch (UnrecognizedPropertyException e) {
      throw new IllegalArgumentException(
          "%s is not known%s; known are %s"
              .formatted(
                  e.getPropertyName(),
                  where(e.getPath().subList(0, e.getPath().size() - 1)),
                  e.getKnownPropertyIds().stream()
                      .map(String::valueOf)
                      .sorted()
                      .collect(Collectors.joining(", "))),
          e);
    } catch (InvalidFormatException e) {
      throw new IllegalArgumentException(
          "'%s' is no %s%s".formatted(e.getValue(), wanted(e.getTargetType()), where(e.getPath())),
          e);
    } catch (JsonMappingException e) {
      // What the records themselves refuse says best what is wrong.
      String refusal =
          e.getCause() instanceof IllegalArgumentException refused ? refused.getMessage() : null;
      boolean missing = e.getOriginalMessage().startsWith("Missing creator property");
      throw new IllegalArgumentException(
          refusal != null
              ? refusal
              : (missing ? "a member is missing" : e.getOriginalMessage()) + where(e.getPath()),
          e);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("this is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Refuses what cannot be the name of a type. */
  static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a machine type's name must match %s, not '%s'".formatted(NAME.pattern(), name));
    }
  }

  private static String wanted(Class<?> type) {
    Object[] constants = type.getEnumConstants();
    return constants == null
        ? type.getSimpleName()
        : Arrays.stream(constants)
            .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", ", "one of ", ""));
  }

  private static String where(List<JsonMappingException.Reference> path) {
    return path.isEmpty()
        ? ""
        : path.stream()
            .map(
                step ->
                    step.getFieldName() == null ? "[" + step.getIndex() + "]" : step.getFieldName())
            .collect(Collectors.joining(".", " in ", ""))
            .replace(".[", "[");
  }

  /** Adds what a document leaves out. */
  private static void complete(ObjectNode type) {
    withoutNulls(type);
    List<String> numeric =
        StreamSupport.stream(type.path("channels").spliterator(), false)
            .map(channel -> channel.path("name").asText())
            .toList();
    boolean learns = type.path("learns_channels").asBoolean(false);
    TypeDefaults.of(learns ? List.of() : numeric)
        .forEach(
            (member, value) -> {
              if (!type.has(member)) {
                type.set(member, MAPPER.valueToTree(value));
              }
            });
    each(type, "channels", MachineTypeJson::completeChannel);
    each(type, "features", MachineTypeJson::completeFeature);
    each(type, "alert_rules", MachineTypeJson::completeRule);
    each(type, "operating_modes", mode -> putIfAbsent(mode, "nominals", List.of()));
    // Absent is a meaning of its own for these two.
    for (String member : List.of("thresholds", "rul_clock")) {
      if (!type.has(member)) {
        type.putNull(member);
      }
    }
  }

  private static void completeChannel(ObjectNode channel) {
    withoutNulls(channel);
    // JSON has no infinity, so that an open range is one that is not given.
    putIfAbsent(channel, "min", Double.NEGATIVE_INFINITY);
    putIfAbsent(channel, "max", Double.POSITIVE_INFINITY);
    putIfAbsent(channel, "unit", "");
    putIfAbsent(channel, "required", true);
    putIfAbsent(channel, "stuck_after_readings", 0);
  }

  private static void completeFeature(ObjectNode feature) {
    withoutNulls(feature);
    double seconds = feature.path("window_seconds").asDouble(0);
    putIfAbsent(feature, "inputs", List.of());
    putIfAbsent(feature, "window_readings", seconds > 0 ? FeatureSpec.MAX_WINDOW_READINGS : 1);
    putIfAbsent(feature, "factor", 1);
    putIfAbsent(feature, "value", "");
    putIfAbsent(feature, "window_seconds", 0);
  }

  private static void completeRule(ObjectNode rule) {
    withoutNulls(rule);
    // A short form: {"all": […]} is {"kind": "all", "conditions": […]}.
    for (String way : List.of("all", "any")) {
      if (rule.has(way) && !rule.has("kind") && !rule.has("conditions")) {
        rule.put("kind", way);
        rule.set("conditions", rule.remove(way));
      }
    }
    completeCondition(rule);
    putIfAbsent(rule, "on_readings", 1);
    putIfAbsent(rule, "off_readings", 1);
    putIfAbsent(rule, "times", 0);
    putIfAbsent(rule, "modes", List.of());
    putIfAbsent(rule, "conditions", List.of());
    for (String member : List.of("escalate_after", "on_delay", "off_delay", "within")) {
      if (!rule.has(member)) {
        rule.putNull(member);
      }
    }
    each(rule, "conditions", MachineTypeJson::completeCondition);
  }

  private static void completeCondition(ObjectNode condition) {
    withoutNulls(condition);
    String kind = condition.path("kind").asText().toLowerCase(Locale.ROOT);
    if (List.of("silence", "all", "any").contains(kind)) {
      putIfAbsent(condition, "on", 0);
    }
    if (condition.has("on") && !condition.has("off")) {
      condition.set("off", condition.get("on"));
    }
    putIfAbsent(condition, "failure_mode", "");
    putIfAbsent(condition, "channel", "");
    putIfAbsent(
        condition,
        "window_readings",
        kind.equals("rate_of_change") ? AlertCondition.DEFAULT_WINDOW_READINGS : 0);
    for (String member : List.of("window", "bound")) {
      if (!condition.has(member)) {
        condition.putNull(member);
      }
    }
  }

  private interface Complete {
    void with(ObjectNode object);
  }

  private static void each(ObjectNode type, String member, Complete complete) {
    if (type.get(member) instanceof ArrayNode items) {
      for (JsonNode item : items) {
        if (item instanceof ObjectNode object) {
          complete.with(object);
        }
      }
    }
  }

  private static void withoutNulls(ObjectNode object) {
    Iterator<Map.Entry<String, JsonNode>> members = object.properties().iterator();
    while (members.hasNext()) {
      if (members.next().getValue().isNull()) {
        members.remove();
      }
    }
  }

  private static void putIfAbsent(ObjectNode object, String member, Object value) {
    if (!object.has(member)) {
      object.set(
          member,
          value instanceof Double number ? DoubleNode.valueOf(number) : MAPPER.valueToTree(value));
    }
  }

  private static final class WriteDuration extends JsonSerializer<Duration> {
    @Override
    public void serialize(Duration value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(value.toString());
    }
  }

  private static final class ReadDuration extends JsonDeserializer<Duration> {
    @Override
    public Duration deserialize(JsonParser in, DeserializationContext context) throws IOException {
      String text = in.getValueAsString("");
      try {
        Duration duration = Duration.parse(text);
        if (!duration.isNegative()) {
          return duration;
        }
      } catch (DateTimeParseException e) {
        // Refused below, as a negative one is.
      }
      throw JsonMappingException.from(
          in, "'%s' is no duration in ISO 8601, such as PT2M".formatted(text));
    }
  }

  private static final class ReadNumber extends JsonDeserializer<Double> {
    @Override
    public Double deserialize(JsonParser in, DeserializationContext context) throws IOException {
      // Jackson itself would also read the text "NaN".
      if (!in.currentToken().isNumeric()) {
        throw JsonMappingException.from(in, "'%s' is no number".formatted(in.getText()));
      }
      return in.getDoubleValue();
    }
  }

  /** What is not finite is left out by whoever has it: JSON has no word for it. */
  private static final class WriteNumber extends JsonSerializer<Double> {
    @Override
    public void serialize(Double value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
        out.writeNumber(value.longValue());
      } else {
        out.writeNumber(value);
      }
    }

    @Override
    public boolean isEmpty(SerializerProvider provider, Double value) {
      return value.isInfinite();
    }
  }

  @SuppressWarnings("rawtypes") // Of whatever enum.
  private static final class WriteConstant extends JsonSerializer<Enum> {
    @Override
    public void serialize(Enum value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(value.name().toLowerCase(Locale.ROOT));
    }
  }
}
