package twin.core.inference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code golden.json} holds: inputs and the outputs that a bundle must give for them. A bundle
 * that gives others is not put to use.
 *
 * @param cases the inputs and outputs
 */
public record GoldenAnswers(List<Case> cases) {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  /**
   * One row.
   *
   * @param inputs features by name
   * @param outputs each part's numbers, by its role
   */
  public record Case(
      TreeMap<String, Double> inputs, TreeMap<BundleManifest.Role, List<Float>> outputs) {

    /** Copies both into a lasting order. */
    public static Case of(
        Map<String, Double> inputs, Map<BundleManifest.Role, List<Float>> outputs) {
      return new Case(new TreeMap<>(inputs), new TreeMap<>(outputs));
    }
  }

  public GoldenAnswers {
    cases = List.copyOf(cases);
    if (cases.isEmpty()) {
      throw new IllegalArgumentException("golden.json has no cases");
    }
  }

  /**
   * Reads the file.
   *
   * @throws IllegalArgumentException when it is not well formed, saying why
   */
  public static GoldenAnswers read(byte[] json) {
    try {
      return JSON.readValue(json, GoldenAnswers.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "golden.json is not well formed: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("golden.json cannot be read", e);
    }
  }

  /** The file's bytes, a line for each case. */
  public byte[] write() {
    try {
      StringBuilder text = new StringBuilder("{\"cases\":[");
      for (int i = 0; i < cases.size(); i++) {
        text.append(i == 0 ? "\n" : ",\n").append(JSON.writeValueAsString(cases.get(i)));
      }
      return text.append("\n]}\n").toString().getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("golden answers can always be written", e);
    }
  }
}
