package twin.core.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;

/**
 * A signed statement of where all machines' chains ended, in a chain of such statements. What is
 * signed is {@link #text}; a line of JSON carries it.
 *
 * @param log which chain of seals, for there is one for each folder that is written to
 * @param number its place in the chain, from 1 on
 * @param sealedAt when it was made
 * @param machines how many heads it is over
 * @param root root of the Merkle tree over the heads, in hexadecimal
 * @param previous hash of the seal before it, {@link #NONE} for the first
 * @param keyId who signed it
 * @param signature Ed25519 over the text, in hexadecimal
 */
public record Seal(
    String log,
    long number,
    Instant sealedAt,
    long machines,
    String root,
    String previous,
    String keyId,
    String signature) {

  /** What the first seal of a chain names as the one before it. */
  static final String NONE = "0".repeat(64);

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Everything but the signature, as it is signed: a line each, in UTF-8. */
  String text() {
    return "twin seal 1\nlog %s\nnumber %d\nsealed_at %s\nmachines %d\nroot %s\nprevious %s\nkey_id %s\n"
        .formatted(log, number, sealedAt, machines, root, previous, keyId);
  }

  byte[] signed() {
    return text().getBytes(StandardCharsets.UTF_8);
  }

  byte[] signatureBytes() {
    return HexFormat.of().parseHex(signature);
  }

  Seal withSignature(byte[] newSignature) {
    return new Seal(
        log,
        number,
        sealedAt,
        machines,
        root,
        previous,
        keyId,
        HexFormat.of().formatHex(newSignature));
  }

  /** SHA-256 over the text and the signature: what the next seal names. */
  String hash() {
    return HexFormat.of()
        .formatHex(
            MerkleTree.sha256()
                .digest((text() + "signature " + signature).getBytes(StandardCharsets.UTF_8)));
  }

  /** As a line of JSON, without the end of the line. */
  public String json() {
    ObjectNode object = JSON.createObjectNode();
    object.put("log", log);
    object.put("number", number);
    object.put("sealed_at", sealedAt.toString());
    object.put("machines", machines);
    object.put("root", root);
    object.put("previous", previous);
    object.put("key_id", keyId);
    object.put("signature", signature);
    return object.toString();
  }

  /**
   * A seal from its JSON. Whether it is genuine is another question.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static Seal of(String json) {
    try {
      JsonNode object = JSON.readTree(json);
      Seal seal =
          new Seal(
              word(object, "log"),
              number(object, "number"),
              Instant.parse(word(object, "sealed_at")),
              number(object, "machines"),
              hex(object, "root", 64),
              hex(object, "previous", 64),
              word(object, "key_id"),
              hex(object, "signature", 128));
      // The same seal in other words, such as another form of its time, is not what was signed.
      if (!JSON.readTree(seal.json()).equals(object)) {
        throw new IllegalArgumentException("it has other members than a seal");
      }
      return seal;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("it is no JSON: " + e.getOriginalMessage(), e);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("its sealed_at is no time", e);
    }
  }

  private static String word(JsonNode object, String name) {
    String text = object.path(name).asText();
    if (!text.matches("[A-Za-z0-9:.+-]{1,64}")) {
      throw new IllegalArgumentException("its " + name + " is missing or wrong");
    }
    return text;
  }

  private static String hex(JsonNode object, String name, int length) {
    String text = object.path(name).asText();
    if (!text.matches("[0-9a-f]{" + length + "}")) {
      throw new IllegalArgumentException("its " + name + " is missing or wrong");
    }
    return text;
  }

  private static long number(JsonNode object, String name) {
    JsonNode number = object.path(name);
    if (!number.canConvertToLong() || !number.isIntegralNumber() || number.longValue() < 0) {
      throw new IllegalArgumentException("its " + name + " is missing or wrong");
    }
    return number.longValue();
  }
}
