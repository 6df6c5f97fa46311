package twin.ingest.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import twin.core.reading.SubmittedReading;
import twin.core.type.Channel;

/**
 * Reads a message's payload: one flat JSON object, or an array of them. Nothing that a device can
 * send makes it throw. What is no JSON at all is broken as a whole; of an array otherwise only the
 * bad members are. Thread-safe.
 *
 * <p>The codes of what is broken: {@code empty}, {@code too_large}, {@code not_utf8}, {@code
 * not_json}, {@code not_an_object}, {@code too_many_readings}, {@code too_many_members}, {@code
 * too_deep}, {@code duplicate_member}, {@code bad_name}, {@code no_machine_id}, {@code
 * bad_machine_id}, {@code machine_id_mismatch}, {@code bad_machine_type}, {@code no_timestamp},
 * {@code bad_timestamp}, {@code bad_seq}, {@code no_number}.
 */
public final class ReadingCodec {

  /** The whole payload is over the bound. */
  public static final String TOO_LARGE = "too_large";

  /** What makes a payload unreadable as a whole, whatever its members may be. */
  public static final String EMPTY = "empty";

  public static final String NOT_UTF8 = "not_utf8";
  public static final String NOT_JSON = "not_json";

  private static final int QUOTED_LENGTH_MAX = 80;

  /** A double tells whole numbers apart up to here. */
  private static final double WHOLE_MAX = 9_007_199_254_740_992.0;

  private final CodecSettings settings;
  private final JsonFactory json;

  /** A codec within these bounds. */
  public ReadingCodec(CodecSettings settings) {
    this.settings = settings;
    this.json = Payload.json(settings.payloadBytesMax());
  }

  /**
   * What the members of a payload are, in their order; never empty.
   *
   * @param topicMachineId the machine as the topic or path has it, if it does
   */
  public List<Decoded> decode(byte[] payload, @Nullable String topicMachineId) {
    Decoded.Broken unreadable = Payload.fault(payload, settings, topicMachineId);
    if (unreadable != null) {
      return List.of(unreadable);
    }
    try (JsonParser parser = json.createParser(payload)) {
      return new Document(parser, payload, topicMachineId).read();
    } catch (JsonProcessingException e) {
      return List.of(Payload.notJson(payload, topicMachineId, e));
    } catch (IOException e) {
      throw new UncheckedIOException("bytes in memory cannot fail to be read", e);
    }
  }

  /** What a payload is that is over the bound of its source. */
  public List<Decoded> tooLarge(byte[] payload, @Nullable String topicMachineId) {
    return List.of(Payload.tooLarge(payload, settings, topicMachineId));
  }

  private static List<Decoded> whole(
      byte[] payload, @Nullable String machineId, String code, String reason) {
    return List.of(Payload.whole(payload, machineId, code, reason));
  }

  /** One payload being read. */
  private final class Document {

    private final JsonParser parser;
    private final byte[] payload;
    private final @Nullable String topicMachineId;
    private final List<Decoded> members = new ArrayList<>(1);

    Document(JsonParser parser, byte[] payload, @Nullable String topicMachineId) {
      this.parser = parser;
      this.payload = payload;
      this.topicMachineId = topicMachineId;
    }

    List<Decoded> read() throws IOException {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return whole(payload, topicMachineId, EMPTY, "the message is empty: send a JSON object");
      }
      if (first == JsonToken.START_ARRAY) {
        readArray();
      } else {
        members.add(readMember(first));
      }
      if (members.size() > settings.readingsMax()) {
        return whole(
            payload,
            topicMachineId,
            "too_many_readings",
            "the array has more than %d members: send several messages"
                .formatted(settings.readingsMax()));
      }
      if (parser.nextToken() != null) {
        return whole(
            payload,
            topicMachineId,
            NOT_JSON,
            "something follows the end of the JSON value: send several readings as an array");
      }
      return members;
    }

    private void readArray() throws IOException {
      for (JsonToken token = parser.nextToken();
          token != JsonToken.END_ARRAY && members.size() <= settings.readingsMax();
          token = parser.nextToken()) {
        members.add(readMember(token));
      }
      if (members.isEmpty()) {
        members.add(
            new Decoded.Broken(
                EMPTY,
                "the array is empty: it must hold at least one reading",
                Payload.idOrNull(topicMachineId),
                0,
                payload.length));
      }
    }

    private Decoded readMember(JsonToken token) throws IOException {
      int from = begin();
      if (token == JsonToken.START_OBJECT) {
        return readObject(from);
      }
      if (token == JsonToken.START_ARRAY) {
        skipNested();
      } else {
        parser.finishToken();
      }
      int to = end();
      return new Decoded.Broken(
          "not_an_object",
          "a reading must be a JSON object such as {\"timestamp\":\"%s\",\"rpm\":1500}, not %s"
              .formatted(Rfc3339.example(), excerpt(from, to)),
          Payload.idOrNull(topicMachineId),
          from,
          to);
    }

    private Decoded readObject(int from) throws IOException {
      Draft draft = new Draft();
      int count = 0;
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        JsonToken value = parser.nextToken();
        if (++count > settings.membersMax()) {
          draft.fault(
              "too_many_members",
              "a reading has at most %d members".formatted(settings.membersMax()));
        }
        if (draft.isBroken()) {
          if (value.isStructStart()) {
            skipNested();
          }
        } else {
          readValue(draft, name, value);
        }
      }
      return draft.finish(from, end());
    }

    private void readValue(Draft draft, String name, JsonToken value) throws IOException {
      switch (name) {
        case "machine_id" -> {
          if (draft.sees(Draft.MACHINE_ID, name)) {
            String text = textOf(value);
            if (value == JsonToken.VALUE_STRING) {
              draft.machineId = text;
            } else if (value != JsonToken.VALUE_NULL) {
              draft.fault("bad_machine_id", "machine_id must be a text in quotes, not " + text);
            }
          }
        }
        case "machine_type" -> {
          if (draft.sees(Draft.MACHINE_TYPE, name)) {
            String text = textOf(value);
            if (value == JsonToken.VALUE_STRING && Channel.isName(text)) {
              draft.machineType = text;
            } else if (value != JsonToken.VALUE_NULL) {
              draft.fault(
                  "bad_machine_type",
                  "machine_type must be the name of a machine type in quotes, or be left out;"
                      + " it is '"
                      + Texts.kept(text, QUOTED_LENGTH_MAX)
                      + "'");
            }
          }
        }
        case "timestamp" -> {
          if (draft.sees(Draft.TIMESTAMP, name)) {
            readTimestamp(draft, value);
          }
        }
        case "seq" -> {
          if (draft.sees(Draft.SEQ, name)) {
            readSeq(draft, value);
          }
        }
        default -> readChannel(draft, name, value);
      }
    }

    private void readTimestamp(Draft draft, JsonToken value) throws IOException {
      String text = textOf(value);
      switch (value) {
        case VALUE_NULL -> {}
        case VALUE_STRING -> {
          switch (Rfc3339.parse(text)) {
            case Rfc3339.Result.Time time -> draft.timestamp = time.instant();
            case Rfc3339.Result.NoTime noTime -> draft.fault("bad_timestamp", noTime.reason());
          }
        }
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
            draft.fault("bad_timestamp", Rfc3339.reasonForNumber(text));
        default ->
            draft.fault(
                "bad_timestamp",
                "timestamp must be a text such as \"%s\", not %s"
                    .formatted(Rfc3339.example(), text));
      }
    }

    private void readSeq(Draft draft, JsonToken value) throws IOException {
      Long seq = null;
      if (value == JsonToken.VALUE_NUMBER_INT
          && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
        seq = parser.getLongValue();
      } else if (value == JsonToken.VALUE_NUMBER_FLOAT && !parser.isNaN()) {
        // Programs whose only numbers are floating write 17.0.
        double number = parser.getDoubleValue();
        seq = number == Math.rint(number) && Math.abs(number) <= WHOLE_MAX ? (long) number : null;
      }
      if (seq != null && seq >= 0 && seq < Long.MAX_VALUE) {
        draft.seq = seq;
        return;
      }
      String text = textOf(value);
      if (value != JsonToken.VALUE_NULL) {
        draft.fault(
            "bad_seq",
            "seq must be a whole number from 0 to 2^63 - 2 without quotes, not "
                + Texts.kept(text, QUOTED_LENGTH_MAX));
      }
    }

    private void readChannel(Draft draft, String name, JsonToken value) throws IOException {
      if (name.isEmpty() || name.length() > Channel.MAX_NAME_LENGTH || !Texts.isClean(name)) {
        draft.fault(
            "bad_name",
            "the name '%s' must have 1 to %d characters and no control characters"
                .formatted(Texts.kept(name, QUOTED_LENGTH_MAX), Channel.MAX_NAME_LENGTH));
      } else if (draft.has(name)) {
        draft.duplicate(name);
      } else if (value == JsonToken.VALUE_NULL) {
        draft.addNull(name);
        return;
      } else if (value == JsonToken.VALUE_NUMBER_INT
          || (value == JsonToken.VALUE_NUMBER_FLOAT && !parser.isNaN())) {
        double number = parser.getDoubleValue();
        if (Double.isFinite(number)) {
          draft.numbers.put(name, number);
          return;
        }
      }
      int deepest = 1;
      String text;
      if (value.isStructStart()) {
        int from = begin();
        deepest += skipNested();
        text = excerpt(from, end());
      } else {
        text = Texts.kept(parser.getText(), SubmittedReading.MAX_TEXT_LENGTH);
      }
      if (deepest > settings.depthMax()) {
        draft.fault(
            "too_deep",
            "the member '%s' is nested more than %d deep: a reading is a flat object"
                .formatted(name, settings.depthMax()));
      }
      draft.texts.put(name, text);
    }

    /** The current value as text; a nested one is skipped and only begun. */
    private String textOf(JsonToken value) throws IOException {
      if (value.isStructStart()) {
        int from = begin();
        skipNested();
        return excerpt(from, end());
      }
      return parser.getText();
    }

    /** Skips to the end of the nested value that has just begun, and tells how deep it is. */
    private int skipNested() throws IOException {
      int depth = 1;
      int deepest = 1;
      while (depth > 0) {
        JsonToken token = parser.nextToken();
        if (token.isStructStart()) {
          deepest = Math.max(deepest, ++depth);
        } else if (token.isStructEnd()) {
          depth--;
        }
      }
      return deepest;
    }

    private int begin() {
      return (int) parser.currentTokenLocation().getByteOffset();
    }

    private int end() {
      return (int) parser.currentLocation().getByteOffset();
    }

    private String excerpt(int from, int to) {
      return Payload.excerpt(payload, from, to);
    }

    private record Fault(String code, String reason) {}

    /** One reading as far as it has been read. Only its first fault is told. */
    private final class Draft {

      static final int MACHINE_ID = 1;
      static final int MACHINE_TYPE = 2;
      static final int TIMESTAMP = 4;
      static final int SEQ = 8;

      private final Map<String, Double> numbers = new HashMap<>();
      private final Map<String, String> texts = new HashMap<>();
      private List<String> nulls = List.of();
      private int seen;
      private @Nullable String machineId;
      private @Nullable String machineType;
      private @Nullable Instant timestamp;
      private @Nullable Long seq;
      private @Nullable Fault fault;

      boolean isBroken() {
        return fault != null;
      }

      void fault(String code, String reason) {
        if (fault == null) {
          fault = new Fault(code, reason);
        }
      }

      void duplicate(String name) {
        fault("duplicate_member", "the member '%s' is there twice: send it once".formatted(name));
      }

      /** Takes note of a member with a meaning of its own; false when it was there before. */
      boolean sees(int member, String name) throws IOException {
        if ((seen & member) != 0) {
          duplicate(name);
          textOf(parser.currentToken());
          return false;
        }
        seen |= member;
        return true;
      }

      boolean has(String name) {
        return numbers.containsKey(name) || texts.containsKey(name) || nulls.contains(name);
      }

      void addNull(String name) {
        nulls = nulls.isEmpty() ? new ArrayList<>() : nulls;
        nulls.add(name);
      }

      Decoded finish(int from, int to) {
        String id = topicMachineId == null ? machineId : topicMachineId;
        if (fault == null) {
          checkWhole(id);
        }
        if (fault != null) {
          return new Decoded.Broken(fault.code(), fault.reason(), Payload.idOrNull(id), from, to);
        }
        return new Decoded.Intact(
            new SubmittedReading(
                Objects.requireNonNull(id),
                machineType,
                Objects.requireNonNull(timestamp),
                seq,
                null,
                numbers,
                texts),
            from,
            to);
      }

      private void checkWhole(@Nullable String id) {
        if (id == null) {
          fault("no_machine_id", "machine_id is missing, and the topic does not have it: add it");
        } else if (!Payload.isMachineId(id)) {
          fault(
              "bad_machine_id",
              ("machine_id '%s' must be 1 to 64 letters, digits, '.', '_' or '-', beginning with"
                      + " a letter or digit")
                  .formatted(Texts.kept(id, QUOTED_LENGTH_MAX)));
        } else if (machineId != null && !machineId.equals(id)) {
          fault(
              "machine_id_mismatch",
              ("the topic or path says machine '%s', machine_id says '%s': leave machine_id out or"
                      + " make them agree")
                  .formatted(id, Texts.kept(machineId, QUOTED_LENGTH_MAX)));
        } else if (timestamp == null) {
          fault(
              "no_timestamp",
              "the timestamp is missing: add \"timestamp\":\"%s\" with the time of measurement"
                  .formatted(Rfc3339.example()));
        } else if (numbers.isEmpty()) {
          fault(
              "no_number",
              "the reading holds no number: a channel is a member such as \"rpm\":1500");
        }
      }
    }
  }
}
