package twin.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The JSON object of a request. What it does not say properly ends the call with a problem. */
public final class Body {

  private final JsonNode object;

  Body(JsonNode object) {
    this.object = object;
  }

  /** Refuses members that the call does not know, so that a slip of the pen is not passed over. */
  public Body only(String... names) {
    Set<String> known = new TreeSet<>(Set.of(names));
    Iterator<String> members = object.fieldNames();
    while (members.hasNext()) {
      String name = members.next();
      if (!known.contains(name)) {
        throw Problem.badRequest(
                "The body has the member '%s', which this call does not know; it knows %s."
                    .formatted(Call.shown(name), String.join(", ", known)))
            .toException();
      }
    }
    return this;
  }

  /** All of it, for those who know its members themselves. */
  public String json() {
    return object.toString();
  }

  /** Whether there is such a member, be it null. */
  public boolean has(String name) {
    return object.has(name);
  }

  /** A text that must be there. */
  public String requiredText(String name) {
    return text(name)
        .orElseThrow(
            () ->
                Problem.badRequest("The body must have the member %s, a text.".formatted(name))
                    .toException());
  }

  /** A text, if it is there. */
  public Optional<String> text(String name) {
    JsonNode member = object.get(name);
    if (member == null || member.isNull()) {
      return Optional.empty();
    }
    if (!member.isTextual()) {
      throw Problem.badRequest("The member %s must be a text.".formatted(name)).toException();
    }
    return Optional.of(storable(name, member.textValue()));
  }

  /** The database has no place for NUL in a text, and nobody means it. */
  private static String storable(String name, String text) {
    if (text.indexOf('\0') >= 0) {
      throw Problem.badRequest("The member %s has a NUL in it (U+0000).".formatted(name))
          .toException();
    }
    return text;
  }

  /** Yes or no, if it is there. */
  public Optional<Boolean> flag(String name) {
    JsonNode member = object.get(name);
    if (member == null || member.isNull()) {
      return Optional.empty();
    }
    if (!member.isBoolean()) {
      throw Problem.badRequest("The member %s must be true or false.".formatted(name))
          .toException();
    }
    return Optional.of(member.booleanValue());
  }

  /** A whole number within bounds, if it is there. */
  public Optional<Long> integer(String name, long least, long most) {
    JsonNode member = object.get(name);
    if (member == null || member.isNull()) {
      return Optional.empty();
    }
    if (!member.canConvertToExactIntegral()
        || !member.canConvertToLong()
        || member.longValue() < least
        || member.longValue() > most) {
      throw Problem.badRequest(
              "The member %s must be a whole number from %d to %d.".formatted(name, least, most))
          .toException();
    }
    return Optional.of(member.longValue());
  }

  /** Numbers by name, if they are there. */
  public Optional<Map<String, Double>> numbers(String name) {
    JsonNode member = object.get(name);
    return member == null || member.isNull()
        ? Optional.empty()
        : Optional.of(numbers(name, member));
  }

  /** A list of numbers by name; empty if it is not there. */
  public List<Map<String, Double>> listOfNumbers(String name, int most) {
    JsonNode member = object.get(name);
    if (member == null || member.isNull()) {
      return List.of();
    }
    if (!member.isArray() || member.size() > most) {
      throw Problem.badRequest(
              "The member %s must be a list of at most %d objects of numbers."
                  .formatted(name, most))
          .toException();
    }
    List<Map<String, Double>> list = new ArrayList<>(member.size());
    for (JsonNode each : member) {
      list.add(numbers(name, each));
    }
    return list;
  }

  private static Map<String, Double> numbers(String name, JsonNode member) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : member.properties()) {
      double number = each.getValue().isNumber() ? each.getValue().doubleValue() : Double.NaN;
      if (!Double.isFinite(number)) {
        throw Problem.badRequest(
                "The member %s.%s must be a number.".formatted(name, Call.shown(each.getKey())))
            .toException();
      }
      numbers.put(storable(name, each.getKey()), number);
    }
    if (!member.isObject() || numbers.isEmpty()) {
      throw Problem.badRequest(
              "The member %s must be numbers by channel, at least one.".formatted(name))
          .toException();
    }
    return numbers;
  }

  /** A list of texts, if it is there. */
  public Optional<List<String>> textList(String name) {
    JsonNode member = object.get(name);
    if (member == null || member.isNull()) {
      return Optional.empty();
    }
    List<String> texts = new ArrayList<>();
    boolean good = member.isArray();
    for (JsonNode each : member) {
      good &= each.isTextual();
      texts.add(each.asText());
    }
    if (!good) {
      throw Problem.badRequest("The member %s must be a list of texts.".formatted(name))
          .toException();
    }
    return Optional.of(texts);
  }

  /** A time, if it is there. */
  public Optional<Instant> time(String name) {
    return text(name)
        .map(
            value -> {
              try {
                return OffsetDateTime.parse(value).toInstant();
              } catch (DateTimeParseException e) {
                throw Problem.badRequest(
                        "The member %s must be a time with its offset, such as 2025-11-07T15:10:01Z, not '%s'."
                            .formatted(name, Call.shown(value)))
                    .toException();
              }
            });
  }

  /** Texts by name; one that is null stands for taking it away. */
  public SortedMap<String, Optional<String>> texts(String name) {
    SortedMap<String, Optional<String>> texts = new TreeMap<>();
    @Nullable JsonNode member = object.get(name);
    if (member == null || member.isNull()) {
      return texts;
    }
    if (!(member instanceof ObjectNode members)) {
      throw Problem.badRequest("The member %s must be an object of texts.".formatted(name))
          .toException();
    }
    for (Map.Entry<String, JsonNode> each : members.properties()) {
      JsonNode value = each.getValue();
      if (!value.isTextual() && !value.isNull()) {
        throw Problem.badRequest(
                "The member %s.%s must be a text.".formatted(name, Call.shown(each.getKey())))
            .toException();
      }
      texts.put(
          storable(name, each.getKey()),
          Optional.ofNullable(value.textValue()).map(text -> storable(name, text)));
    }
    return texts;
  }
}
