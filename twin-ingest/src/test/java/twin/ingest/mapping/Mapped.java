package twin.ingest.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.typesafe.config.ConfigFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import twin.core.reading.SubmittedReading;
import twin.ingest.codec.CodecSettings;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Decoder;
import twin.ingest.codec.Message;

/** A mapping under test. */
record Mapped(Decoder decoder) {

  static final Instant RECEIVED = Instant.parse("2025-11-07T15:10:02Z");
  static final CodecSettings SETTINGS =
      CodecSettings.from(ConfigFactory.load().getConfig("twin.ingest.codec"));

  static Mapped by(String mapping) {
    return new Mapped(Mapping.read(ConfigFactory.parseString(mapping)).decoder(SETTINGS));
  }

  /** One of the mappings that the documentation shows. */
  static Mapped byExample(String name) {
    return new Mapped(
        Mapping.read(ConfigFactory.parseFile(Path.of("../docs/mappings", name).toFile()))
            .decoder(SETTINGS));
  }

  List<Decoded> all(String topic, String payload) {
    return decoder.decode(Message.of(topic, RECEIVED, bytes(payload)));
  }

  List<SubmittedReading> readings(String topic, String payload) {
    List<Decoded> all = all(topic, payload);
    assertThat(all).allSatisfy(each -> assertThat(each).isInstanceOf(Decoded.Intact.class));
    return all.stream().map(each -> ((Decoded.Intact) each).reading()).toList();
  }

  SubmittedReading reading(String topic, String payload) {
    assertThat(all(topic, payload)).hasSize(1);
    return readings(topic, payload).getFirst();
  }

  SubmittedReading reading(String payload) {
    return reading("", payload);
  }

  Decoded.Broken broken(String topic, String payload) {
    return brokenOf(all(topic, payload));
  }

  Decoded.Broken broken(String payload) {
    return broken("", payload);
  }

  Decoded.Broken broken(
      @Nullable String key, Map<String, String> headers, @Nullable Instant storedAt, String json) {
    return brokenOf(
        decoder.decode(
            new Message("", null, key, headers, RECEIVED, storedAt, false, bytes(json))));
  }

  SubmittedReading reading(
      @Nullable String key, Map<String, String> headers, @Nullable Instant storedAt, String json) {
    List<Decoded> all =
        decoder.decode(new Message("", null, key, headers, RECEIVED, storedAt, false, bytes(json)));
    assertThat(all).singleElement().isInstanceOf(Decoded.Intact.class);
    return ((Decoded.Intact) all.getFirst()).reading();
  }

  /** What has been a dead letter is read again. */
  List<Decoded> again(String topic, @Nullable String machineId, String payload) {
    return decoder.decode(
        new Message(topic, machineId, null, Map.of(), RECEIVED, null, true, bytes(payload)));
  }

  private static Decoded.Broken brokenOf(List<Decoded> all) {
    assertThat(all).singleElement().isInstanceOf(Decoded.Broken.class);
    return assertThat(all).singleElement().asInstanceOf(type(Decoded.Broken.class)).actual();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
