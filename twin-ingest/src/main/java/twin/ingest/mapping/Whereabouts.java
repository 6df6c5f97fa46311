package twin.ingest.mapping;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.ingest.codec.Texts;

/**
 * Says where a pointer stops leading on, so that whoever wrote the mapping sees what to mend. Only
 * for what is broken: it reads the JSON once more.
 */
final class Whereabouts {

  private static final int NAMES_MAX = 8;
  private static final int NAME_LENGTH_MAX = 40;

  private Whereabouts() {}

  /** What there is in place of what the pointer should lead to, in a sentence. */
  static String of(JsonFactory json, byte[] payload, int from, int to, Pointer pointer) {
    try (JsonParser parser = json.createParser(payload, from, to - from)) {
      JsonToken token = parser.nextToken();
      for (int depth = 0; depth < pointer.tokens().size(); depth++) {
        String here = depth == 0 ? "the reading" : "'" + pointer.head(depth) + "'";
        String wanted = pointer.tokens().get(depth);
        String obstacle = descend(parser, token, wanted, here);
        if (obstacle != null) {
          return "'%s' leads to nothing: %s".formatted(pointer.text(), obstacle);
        }
        token = parser.currentToken();
      }
      return "'%s' is %s".formatted(pointer.text(), shown(parser, token));
    } catch (IOException e) {
      return "'%s' leads to nothing".formatted(pointer.text());
    }
  }

  /** Goes to a member or element; why there is none, or null. */
  private static @Nullable String descend(
      JsonParser parser, @Nullable JsonToken token, String wanted, String here) throws IOException {
    if (token == JsonToken.START_OBJECT) {
      List<String> names = new ArrayList<>();
      int count = 0;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals(wanted)) {
          return null;
        }
        if (count++ < NAMES_MAX) {
          names.add("'" + Texts.kept(name, NAME_LENGTH_MAX) + "'");
        }
        parser.skipChildren();
      }
      return names.isEmpty()
          ? here + " is an empty object"
          : "%s has %s%s"
              .formatted(
                  here,
                  String.join(", ", names),
                  count > NAMES_MAX ? " and %d more".formatted(count - NAMES_MAX) : "");
    }
    if (token == JsonToken.START_ARRAY) {
      int count = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (Integer.toString(count++).equals(wanted)) {
          return null;
        }
        parser.skipChildren();
      }
      return "%s is an array of %d".formatted(here, count);
    }
    return "%s is %s".formatted(here, shown(parser, token));
  }

  private static String shown(JsonParser parser, @Nullable JsonToken token) throws IOException {
    if (token == null) {
      return "nothing";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "the text '" + Texts.kept(parser.getText(), NAME_LENGTH_MAX) + "'";
      default -> Texts.kept(parser.getText(), NAME_LENGTH_MAX);
    };
  }
}
