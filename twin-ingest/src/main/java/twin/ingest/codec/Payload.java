package twin.ingest.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import twin.core.reading.SubmittedReading;

/** What holds of every payload, whatever the shape of its JSON. */
public final class Payload {

  private static final int FAULT_LENGTH_MAX = 200;

  private Payload() {}

  /**
   * Reads JSON of that length at most. No number, name or nesting can be larger than the payload,
   * whose length is checked first. So the parser's own limits never strike, and one bad member of
   * an array does not spoil the others.
   */
  public static JsonFactory json(int bytesMax) {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxDocumentLength(bytesMax + 1L)
                .maxNumberLength(bytesMax + 1)
                .maxStringLength(bytesMax + 1)
                .maxNameLength(bytesMax + 1)
                .maxNestingDepth(bytesMax + 1)
                .build())
        .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
        // Python writes NaN and Infinity; such a member alone is no number.
        .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
        .build();
  }

  /** Why the payload cannot even be parsed, or null. */
  public static Decoded.@Nullable Broken fault(
      byte[] payload, CodecSettings settings, @Nullable String machineId) {
    if (payload.length > settings.payloadBytesMax()) {
      return tooLarge(payload, settings, machineId);
    }
    String encodingFault = encodingFault(payload);
    return encodingFault == null
        ? null
        : whole(payload, machineId, ReadingCodec.NOT_UTF8, encodingFault);
  }

  /** What a payload is that is over the bound of its source. */
  public static Decoded.Broken tooLarge(
      byte[] payload, CodecSettings settings, @Nullable String machineId) {
    return whole(
        payload,
        machineId,
        ReadingCodec.TOO_LARGE,
        "the message has %d bytes, which is too many: send fewer readings in one, %d bytes at most"
            .formatted(payload.length, settings.payloadBytesMax()));
  }

  /** What a payload is that is no JSON. */
  public static Decoded.Broken notJson(
      byte[] payload, @Nullable String machineId, JsonProcessingException fault) {
    return whole(payload, machineId, ReadingCodec.NOT_JSON, reasonFor(fault));
  }

  /** A payload that is broken as a whole; an id that cannot be one is left out. */
  public static Decoded.Broken whole(
      byte[] payload, @Nullable String machineId, String code, String reason) {
    return new Decoded.Broken(code, reason, idOrNull(machineId), 0, payload.length);
  }

  /** The id if it can be one. */
  public static @Nullable String idOrNull(@Nullable String machineId) {
    return machineId != null && isMachineId(machineId) ? machineId : null;
  }

  /** Whether a machine can be called that. */
  public static boolean isMachineId(String text) {
    return SubmittedReading.isMachineId(text);
  }

  /** Part of a payload as a short text. */
  public static String excerpt(byte[] payload, int from, int to) {
    // Four bytes a character are the most that UTF-8 takes, so the cut falls behind the end.
    int length = Math.min(to - from, 4 * SubmittedReading.MAX_TEXT_LENGTH);
    return Texts.kept(
        new String(payload, from, length, StandardCharsets.UTF_8).strip(),
        SubmittedReading.MAX_TEXT_LENGTH);
  }

  private static @Nullable String encodingFault(byte[] payload) {
    boolean ascii = true;
    for (byte b : payload) {
      if (b == 0) {
        return "the message has zero bytes, as UTF-16 or binary data has: send JSON in UTF-8";
      }
      ascii &= b > 0;
    }
    if (ascii) {
      return null;
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload));
      return null;
    } catch (CharacterCodingException e) {
      return "the message is not UTF-8: send JSON in UTF-8";
    }
  }

  private static String reasonFor(JsonProcessingException fault) {
    String what = fault.getOriginalMessage();
    int firstLineEnd = what.indexOf('\n');
    String firstLine = firstLineEnd < 0 ? what : what.substring(0, firstLineEnd);
    String where =
        fault.getLocation() == null
            ? ""
            : " at line %d, column %d"
                .formatted(fault.getLocation().getLineNr(), fault.getLocation().getColumnNr());
    return "the message is no JSON%s: %s".formatted(where, Texts.kept(firstLine, FAULT_LENGTH_MAX));
  }
}
