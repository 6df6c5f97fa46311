package twin.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import twin.ingest.codec.CodecSettings;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Decoder;
import twin.ingest.codec.Message;
import twin.ingest.codec.ReadingCodec;
import twin.ingest.mapping.Mapping;

/**
 * Whatever a message is, codec and mappings give readings or reasons, within their bounds, and
 * never throw. The report names the seed of each run.
 */
class DecodingFuzzTest {

  private static final CodecSettings SETTINGS =
      CodecSettings.from(ConfigFactory.load().getConfig("twin.ingest.codec"));

  private static final Set<String> CODES =
      Set.of(
          "empty",
          "too_large",
          "not_utf8",
          "not_json",
          "not_an_object",
          "too_many_readings",
          "too_many_members",
          "too_deep",
          "duplicate_member",
          "bad_name",
          "no_machine_id",
          "bad_machine_id",
          "machine_id_mismatch",
          "bad_machine_type",
          "no_timestamp",
          "bad_timestamp",
          "bad_seq",
          "no_number",
          "no_samples",
          "wrong_topic");

  private static final List<String> PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          " ",
          "\n",
          "\"",
          "\\",
          "0",
          "-",
          "1e999",
          "1e-999",
          "NaN",
          "-Infinity",
          "true",
          "null",
          "\"m\"",
          "\"machine_id\"",
          "\"press-7\"",
          "\"ts\"",
          "\"timestamp\"",
          "\"2025-11-07T15:10:01Z\"",
          "1762528201",
          "1762528201250",
          "\"seq\"",
          "17",
          "9223372036854775807",
          "99999999999999999999",
          "\"x\"",
          "\"values\"",
          "\"list\"",
          "\"a\"",
          "\"a/b\"",
          "\"\"",
          "\"\\ud800\"",
          "\"é\"",
          "\"\\u0000\"",
          "0.1",
          "1.5E+3");

  private static final String GOOD =
      "{\"machine_id\":\"press-7\",\"timestamp\":\"2025-11-07T15:10:01Z\",\"ts\":1762528201,"
          + "\"seq\":17,\"x\":1.5,\"values\":{\"a\":1,\"b\":\"c\"},"
          + "\"list\":[{\"ts\":1762528201250,\"x\":2,\"values\":{\"a\":3}},4,[5]]}";

  private static final List<Decoder> DECODERS =
      Stream.concat(
              Stream.of((Decoder) DecodingFuzzTest::plain),
              Stream.of(
                      """
                      machine-id = "/machine_id"
                      timestamp = "/timestamp"
                      seq = "/seq"
                      channels { x { pointer = "/x", factor = 1e300, offset = 1 }, y = "/list/0/x" }
                      """,
                      """
                      machine-id { topic-level = 2, prefix = "m-" }
                      timestamp { receive-time = true }
                      attributes { s = "/seq", v = "/values" }
                      channels-from = ""
                      """,
                      """
                      machine-id { message-pointer = "/machine_id" }
                      timestamp { pointer = "/ts", format = epoch-milliseconds }
                      samples = "/list"
                      channels { x = "/x" }
                      channels-from { pointer = "/values", rename { a = c } }
                      """,
                      """
                      machine-id { constant = m }
                      timestamp { message-pointer = "/ts" }
                      samples { pointer = "/list", interval = 100 ms }
                      channels { x = "", y = "/0" }
                      """,
                      """
                      topic = "a/+/c"
                      machine-id { constant = m }
                      timestamp = "/ts"
                      samples = ""
                      channels-from = "/values"
                      """)
                  .map(mapping -> Mapping.read(ConfigFactory.parseString(mapping)))
                  .map(mapping -> mapping.decoder(SETTINGS)))
          .toList();

  private static List<Decoded> plain(Message message) {
    return new ReadingCodec(SETTINGS).decode(message.payload(), message.machineId());
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.BOUNDED)
  void anyBytes(@ForAll byte[] payload, @ForAll boolean again) {
    check(payload, again);
  }

  @Property(tries = 2000, shrinking = ShrinkingMode.BOUNDED)
  void piecesOfJson(@ForAll("pieces") String payload, @ForAll boolean again) {
    check(payload.getBytes(UTF_8), again);
  }

  @Property(tries = 2000, shrinking = ShrinkingMode.BOUNDED)
  void messagesThatHaveBeenDamaged(@ForAll("damaged") byte[] payload, @ForAll boolean again) {
    check(payload, again);
  }

  @Property(tries = 200, shrinking = ShrinkingMode.BOUNDED)
  void piecesManyTimesOver(@ForAll("repeated") String payload) {
    check(payload.getBytes(UTF_8), false);
  }

  @Provide
  Arbitrary<String> pieces() {
    return Arbitraries.of(PIECES).list().ofMaxSize(40).map(pieces -> String.join("", pieces));
  }

  /** Also over the bound of 64 KiB. */
  @Provide
  Arbitrary<String> repeated() {
    return Combinators.combine(
            Arbitraries.of(PIECES).list().ofMinSize(1).ofMaxSize(4),
            Arbitraries.integers().between(1, 20_000))
        .as((pieces, times) -> String.join("", pieces).repeat(times));
  }

  /** Some bytes replaced, and something cut out or repeated. */
  @Provide
  Arbitrary<byte[]> damaged() {
    byte[] good = GOOD.getBytes(UTF_8);
    Arbitrary<Integer> place = Arbitraries.integers().between(0, good.length - 1);
    Arbitrary<Map<Integer, Byte>> replaced =
        Arbitraries.maps(place, Arbitraries.bytes()).ofMaxSize(3);
    return Combinators.combine(replaced, place, place)
        .as(
            (bytes, from, to) -> {
              byte[] damaged = good.clone();
              bytes.forEach((at, value) -> damaged[at] = value);
              byte[] head = Arrays.copyOf(damaged, from);
              byte[] tail = Arrays.copyOfRange(damaged, to, damaged.length);
              byte[] whole = Arrays.copyOf(head, head.length + tail.length);
              System.arraycopy(tail, 0, whole, head.length, tail.length);
              return whole;
            });
  }

  private static void check(byte[] payload, boolean again) {
    Message message =
        new Message(
            "a/press-7/c",
            "press-7",
            null,
            Map.of(),
            Instant.parse("2025-11-07T15:10:02Z"),
            null,
            again,
            payload);
    for (Decoder decoder : DECODERS) {
      List<Decoded> members = decoder.decode(message);
      assertThat(members).isNotEmpty().hasSizeLessThanOrEqualTo(SETTINGS.readingsMax());
      for (Decoded member : members) {
        assertThat(member.from()).isBetween(0, member.to());
        assertThat(member.to()).isLessThanOrEqualTo(payload.length);
        switch (member) {
          case Decoded.Intact intact -> {
            assertThat(intact.reading().numbers()).isNotEmpty();
            assertThat(intact.reading().numbers().size() + intact.reading().texts().size())
                .isLessThanOrEqualTo(SETTINGS.membersMax() + 4);
          }
          case Decoded.Broken broken -> {
            assertThat(CODES).contains(broken.code());
            assertThat(broken.reason()).hasSizeBetween(10, 1_500);
          }
        }
      }
    }
  }
}
