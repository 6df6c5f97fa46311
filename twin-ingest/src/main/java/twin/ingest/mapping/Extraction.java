package twin.ingest.mapping;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import twin.core.reading.SubmittedReading;
import twin.core.type.Channel;
import twin.ingest.codec.CodecSettings;
import twin.ingest.codec.Payload;
import twin.ingest.codec.Texts;

/**
 * Goes through one message once and takes along what the pointers lead to. What no pointer leads to
 * is skipped without being kept, so memory stays with the payload's length. Used once.
 */
final class Extraction {

  private static final int QUOTED_LENGTH_MAX = 80;

  /** What was found in one reading, or in the message around them. */
  static final class Finds {

    private final @Nullable Found[] slots;
    private final Map<String, Found> members = new LinkedHashMap<>();
    private @Nullable Fault fault;
    private int from;
    private int to;

    private Finds(int slots, int from) {
      this.slots = new Found[slots];
      this.from = from;
    }

    /** What was found, or null where there is nothing. */
    @Nullable Found at(int slot) {
      return slots[slot];
    }

    /** The members of the object whose numbers are channels, by name. */
    Map<String, Found> members() {
      return members;
    }

    @Nullable Fault fault() {
      return fault;
    }

    int from() {
      return from;
    }

    int to() {
      return to;
    }

    private void fault(String code, String reason) {
      if (fault == null) {
        fault = new Fault(code, reason);
      }
    }
  }

  private final JsonParser parser;
  private final byte[] payload;
  private final Paths paths;
  private final CodecSettings settings;
  private final Finds message;
  private final List<Finds> samples = new ArrayList<>(1);
  private boolean samplesSeen;

  Extraction(JsonParser parser, byte[] payload, Paths paths, CodecSettings settings) {
    this.parser = parser;
    this.payload = payload;
    this.paths = paths;
    this.settings = settings;
    this.message = new Finds(paths.slots(), 0);
    this.message.to = payload.length;
  }

  /**
   * Goes through the message.
   *
   * @param first its first token
   * @param piece whether it is a sample without the message around it
   */
  void run(JsonToken first, boolean piece) throws IOException {
    if (piece) {
      takeSample(paths.reading(), first, 1);
    } else {
      take(paths.message(), first, message, "", 1);
    }
  }

  /** What was found around the samples, or in the one reading. */
  Finds message() {
    return message;
  }

  /** What was found in each sample; one more than the bound means too many. */
  List<Finds> samples() {
    return samples;
  }

  /** Whether there was anything where the samples should be. */
  boolean hasSamples() {
    return samplesSeen;
  }

  private void take(Paths.Node node, JsonToken token, Finds here, String name, int depth)
      throws IOException {
    int from = begin();
    Paths.Node sample = node.samples();
    if (sample != null && token != JsonToken.VALUE_NULL) {
      takeSamples(sample, token, depth);
      return;
    }
    Found found = null;
    if (token == JsonToken.START_OBJECT) {
      takeObject(node, here, depth);
    } else if (token == JsonToken.START_ARRAY) {
      takeArray(node, here, depth);
    } else if (node.slot() != Paths.NO_SLOT) {
      found = scalar(token);
    }
    if (node.slot() == Paths.NO_SLOT) {
      return;
    }
    if (token.isStructStart()) {
      found = new Found.Other(Payload.excerpt(payload, from, end()));
    }
    if (here.slots[node.slot()] != null) {
      here.fault(
          "duplicate_member", "the member '%s' is there twice: send it once".formatted(name));
    }
    here.slots[node.slot()] = found;
  }

  private void takeSamples(Paths.Node sample, JsonToken token, int depth) throws IOException {
    if (samplesSeen) {
      message.fault("duplicate_member", "the samples are there twice: send them once");
    }
    samplesSeen = true;
    if (token != JsonToken.START_ARRAY) {
      takeSample(sample, token, depth);
      return;
    }
    for (JsonToken each = parser.nextToken();
        each != JsonToken.END_ARRAY;
        each = parser.nextToken()) {
      if (samples.size() > settings.readingsMax()) {
        skip(each, message, depth);
      } else {
        takeSample(sample, each, depth + 1);
      }
    }
  }

  private void takeSample(Paths.Node sample, JsonToken token, int depth) throws IOException {
    Finds finds = new Finds(paths.slots(), begin());
    if (token == JsonToken.VALUE_STRING) {
      parser.finishToken();
    }
    take(sample, token, finds, "", depth);
    finds.to = end();
    samples.add(finds);
  }

  private void takeObject(Paths.Node node, Finds here, int depth) throws IOException {
    if (depth > settings.depthMax()) {
      here.fault("too_deep", tooDeep());
    }
    int count = 0;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken value = parser.nextToken();
      Paths.Node below = node.below(name);
      if (below != null) {
        take(below, value, here, name, depth + 1);
      } else if (node.hasMembers()) {
        takeMember(name, value, here, ++count, depth + 1);
      } else {
        skip(value, here, depth + 1);
      }
    }
  }

  private void takeArray(Paths.Node node, Finds here, int depth) throws IOException {
    if (depth > settings.depthMax()) {
      here.fault("too_deep", tooDeep());
    }
    int index = 0;
    for (JsonToken each = parser.nextToken();
        each != JsonToken.END_ARRAY;
        each = parser.nextToken()) {
      Paths.Node below = node.leadsOn() ? node.below(Integer.toString(index)) : null;
      if (below == null) {
        skip(each, here, depth + 1);
      } else {
        take(below, each, here, Integer.toString(index), depth + 1);
      }
      index++;
    }
  }

  private void takeMember(String name, JsonToken value, Finds here, int count, int depth)
      throws IOException {
    int from = begin();
    if (count > settings.membersMax()) {
      here.fault(
          "too_many_members", "a reading has at most %d members".formatted(settings.membersMax()));
    } else if (name.isEmpty() || name.length() > Channel.MAX_NAME_LENGTH || !Texts.isClean(name)) {
      here.fault(
          "bad_name",
          "the name '%s' must have 1 to %d characters and no control characters"
              .formatted(Texts.kept(name, QUOTED_LENGTH_MAX), Channel.MAX_NAME_LENGTH));
    } else if (here.members.containsKey(name)) {
      here.fault(
          "duplicate_member", "the member '%s' is there twice: send it once".formatted(name));
    }
    if (here.fault != null) {
      skip(value, here, depth);
      return;
    }
    Found found;
    if (value.isStructStart()) {
      skip(value, here, depth);
      found = new Found.Other(Payload.excerpt(payload, from, end()));
    } else {
      found = scalar(value);
    }
    if (found != null) {
      here.members.put(name, found);
    }
  }

  private @Nullable Found scalar(JsonToken token) throws IOException {
    return switch (token) {
      case VALUE_NULL -> null;
      case VALUE_STRING -> new Found.Text(parser.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(token);
      default -> new Found.Other(parser.getText());
    };
  }

  private Found number(JsonToken token) throws IOException {
    if (token == JsonToken.VALUE_NUMBER_INT || !parser.isNaN()) {
      double value = parser.getDoubleValue();
      if (Double.isFinite(value)) {
        return new Found.Numeric(value, parser.getText(), token == JsonToken.VALUE_NUMBER_INT);
      }
    }
    return new Found.Other(Texts.kept(parser.getText(), SubmittedReading.MAX_TEXT_LENGTH));
  }

  /** Passes over a value, whatever its depth, without going down by recursion. */
  private void skip(JsonToken token, Finds here, int depth) throws IOException {
    if (!token.isStructStart()) {
      parser.finishToken();
      return;
    }
    int deepest = depth;
    int now = depth;
    while (now >= depth) {
      JsonToken each = parser.nextToken();
      if (each.isStructStart()) {
        deepest = Math.max(deepest, ++now);
      } else if (each.isStructEnd()) {
        now--;
      }
    }
    if (deepest > settings.depthMax()) {
      here.fault("too_deep", tooDeep());
    }
  }

  private String tooDeep() {
    return "the message is nested more than %d deep".formatted(settings.depthMax());
  }

  private int begin() {
    return (int) parser.currentTokenLocation().getByteOffset();
  }

  private int end() {
    return (int) parser.currentLocation().getByteOffset();
  }
}
