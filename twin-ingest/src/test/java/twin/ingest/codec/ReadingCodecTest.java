package twin.ingest.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.typesafe.config.ConfigFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import twin.core.reading.SubmittedReading;

class ReadingCodecTest {

  private static final String TIME = "\"timestamp\":\"2025-11-07T15:10:01Z\"";

  private final ReadingCodec codec =
      new ReadingCodec(CodecSettings.from(ConfigFactory.load().getConfig("twin.ingest.codec")));

  @Test
  void readsTheContractsExample() {
    SubmittedReading reading =
        readingOf(
            """
            {"machine_id":"machine-001","machine_type":"milling",\
            "timestamp":"2025-11-07T15:10:01Z","seq":17,
             "variant":"M","air_temp_k":299.1,"process_temp_k":309.5,"rpm":1500,\
            "torque_nm":42.8,"tool_wear_min":5}\
            """);
    assertThat(reading)
        .isEqualTo(
            new SubmittedReading(
                "machine-001",
                "milling",
                Instant.parse("2025-11-07T15:10:01Z"),
                17L,
                null,
                Map.of(
                    "air_temp_k", 299.1,
                    "process_temp_k", 309.5,
                    "rpm", 1500.0,
                    "torque_nm", 42.8,
                    "tool_wear_min", 5.0),
                Map.of("variant", "M")));
  }

  @Test
  void takesTheMachineFromTheTopic() {
    assertThat(readingOf("press-7", object("\"rpm\":1")).machineId()).isEqualTo("press-7");
    assertThat(readingOf("press-7", object("\"rpm\":1,\"machine_id\":\"press-7\"")).machineId())
        .isEqualTo("press-7");
    assertThat(readingOf("press-7", object("\"rpm\":1,\"machine_id\":null")).machineId())
        .isEqualTo("press-7");
  }

  @Test
  void refusesTwoMachinesForOneReading() {
    Decoded.Broken broken = brokenOf("press-7", object("\"rpm\":1,\"machine_id\":\"press-8\""));
    assertThat(broken.code()).isEqualTo("machine_id_mismatch");
    assertThat(broken.reason()).contains("press-7", "press-8", "leave machine_id out");
    assertThat(broken.machineId()).isEqualTo("press-7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-a", "", "a b", "ä", "a/b", ".x"})
  void refusesBadMachineIds(String id) {
    assertThat(brokenOf(null, object("\"rpm\":1,\"machine_id\":\"%s\"".formatted(id))).code())
        .isEqualTo("bad_machine_id");
    assertThat(brokenOf(id, object("\"rpm\":1")).code()).isEqualTo("bad_machine_id");
  }

  @Test
  void refusesTooLongOrMissingOrUnquotedMachineIds() {
    assertThat(brokenOf("a".repeat(65), object("\"rpm\":1")).code()).isEqualTo("bad_machine_id");
    assertThat(readingOf("a".repeat(64), object("\"rpm\":1")).machineId()).hasSize(64);
    assertThat(brokenOf(null, object("\"rpm\":1")).code()).isEqualTo("no_machine_id");
    assertThat(brokenOf(null, object("\"rpm\":1,\"machine_id\":7")).reason()).contains("quotes");
    assertThat(brokenOf(null, object("\"rpm\":1,\"machine_id\":{\"a\":[1]}")).code())
        .isEqualTo("bad_machine_id");
  }

  @ParameterizedTest
  @CsvSource({
    "2025-11-07T15:10:01Z, 2025-11-07T15:10:01Z",
    "2025-11-07t15:10:01z, 2025-11-07T15:10:01Z",
    "2025-11-07 15:10:01Z, 2025-11-07T15:10:01Z",
    "2025-11-07T15:10:01.5Z, 2025-11-07T15:10:01.500Z",
    "2025-11-07T15:10:01.123456789Z, 2025-11-07T15:10:01.123456789Z",
    "2025-11-07T15:10:01+01:00, 2025-11-07T14:10:01Z",
    "2025-11-07T15:10:01.25-05:30, 2025-11-07T20:40:01.250Z",
    "2025-11-07T15:10:01-00:00, 2025-11-07T15:10:01Z",
    "2024-02-29T00:00:00Z, 2024-02-29T00:00:00Z",
    "1970-01-01T00:00:00Z, 1970-01-01T00:00:00Z"
  })
  void readsTimestamps(String text, String instant) {
    assertThat(readingOf("m", "{\"timestamp\":\"%s\",\"rpm\":1}".formatted(text)).timestamp())
        .isEqualTo(Instant.parse(instant));
  }

  @ParameterizedTest
  @CsvSource({
    "2025-11-07T15:10:01, append Z",
    "2025-11-07T15:10:01.5, append Z",
    "2025-11-07T15:10:01.Z, digits are missing",
    "2025-11-07T15:10:01.1234567890Z, at most 9 decimals",
    "2025-11-07T15:10:01+0100, offset such as",
    "2025-11-07T15:10:01+24:00, offset such as",
    "2025-11-07T15:10:01 UTC, offset such as",
    "2025-02-29T15:10:01Z, no such day",
    "2025-13-01T15:10:01Z, no such day",
    "2025-11-00T15:10:01Z, no such day",
    "2025-11-07T24:00:00Z, no such time",
    "2025-11-07T15:60:00Z, no such time",
    "2016-12-31T23:59:60Z, leap seconds",
    "2025-11-07, must look like",
    "07.11.2025 15:10:01, must look like",
    "'Fri, 07 Nov 2025 15:10:01 GMT', must look like",
    "1969-12-31T23:59:59Z, must lie between",
    "2300-01-01T00:00:00Z, must lie between",
    "0000-01-01T00:00:00Z, must lie between"
  })
  void saysHowToMendATimestamp(String text, String reason) {
    Decoded.Broken broken = brokenOf("m", "{\"timestamp\":\"%s\",\"rpm\":1}".formatted(text));
    assertThat(broken.code()).isEqualTo("bad_timestamp");
    assertThat(broken.reason()).contains(text).contains(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "1762528201, 2025-11-07T15:10:01Z",
    "1762528201000, 2025-11-07T15:10:01Z",
    "1762528201.5, 2025-11-07T15:10:01Z",
    "17, must be a text",
    "true, must be a text",
    "[], must be a text"
  })
  void saysHowToWriteAnEpochAsTimestamp(String value, String reason) {
    Decoded.Broken broken = brokenOf("m", "{\"timestamp\":%s,\"rpm\":1}".formatted(value));
    assertThat(broken.code()).isEqualTo("bad_timestamp");
    assertThat(broken.reason()).contains(reason);
  }

  @Test
  void asksForAMissingTimestamp() {
    assertThat(brokenOf("m", "{\"rpm\":1}").code()).isEqualTo("no_timestamp");
    assertThat(brokenOf("m", "{\"rpm\":1,\"timestamp\":null}").code()).isEqualTo("no_timestamp");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "17, 17",
    "17.0, 17",
    "1.7e1, 17",
    "-0, 0",
    "9223372036854775806, 9223372036854775806"
  })
  void readsSequenceNumbers(String text, long seq) {
    assertThat(readingOf("m", object("\"rpm\":1,\"seq\":" + text)).seq()).isEqualTo(seq);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-1",
        "1.5",
        "9223372036854775807",
        "99999999999999999999",
        "1e300",
        "1e999",
        "NaN",
        "\"17\"",
        "true",
        "[1]",
        "{}"
      })
  void refusesOtherSequenceNumbers(String text) {
    assertThat(brokenOf("m", object("\"rpm\":1,\"seq\":" + text)).code()).isEqualTo("bad_seq");
  }

  @Test
  void goesWithoutSequenceNumber() {
    assertThat(readingOf("m", object("\"rpm\":1")).seq()).isNull();
    assertThat(readingOf("m", object("\"rpm\":1,\"seq\":null")).seq()).isNull();
  }

  @Test
  void keepsWhatIsNoNumberAsShortText() {
    SubmittedReading reading =
        readingOf(
            "m",
            object(
                "\"a\":1,\"b\":true,\"c\":false,\"d\":\"x\",\"e\":[1,"
                    + " 2],\"f\":{\"g\":{}},\"h\":NaN,"
                    + "\"i\":-Infinity,\"j\":1e999,\"k\":-1e999,\"l\":null"));
    assertThat(reading.numbers()).isEqualTo(Map.of("a", 1.0));
    assertThat(reading.texts())
        .isEqualTo(
            Map.of(
                "b",
                "true",
                "c",
                "false",
                "d",
                "x",
                "e",
                "[1, 2]",
                "f",
                "{\"g\":{}}",
                "h",
                "NaN",
                "i",
                "-Infinity",
                "j",
                "1e999",
                "k",
                "-1e999"));
  }

  @Test
  void cutsTextsWithoutHalvingACharacter() {
    assertThat(textOf("x".repeat(65))).isEqualTo("x".repeat(64));
    assertThat(textOf("x".repeat(63) + "😀")).isEqualTo("x".repeat(63));
    assertThat(textOf("x".repeat(62) + "😀y")).isEqualTo("x".repeat(62) + "😀");
    assertThat(textOf("\\ud83d")).isEqualTo("\uFFFD");
    assertThat(textOf("a\\u0000b\\n")).isEqualTo("a\uFFFDb\uFFFD");
    assertThat(
            readingOf("m", object("\"rpm\":1,\"a\":[\"%s\"]".formatted("ä".repeat(500))))
                .texts()
                .get("a"))
        .isEqualTo("[\"" + "ä".repeat(62));
  }

  private String textOf(String text) {
    return readingOf("m", object("\"rpm\":1,\"a\":\"%s\"".formatted(text)))
        .texts()
        .getOrDefault("a", "");
  }

  @Test
  void refusesAReadingWithoutNumber() {
    assertThat(brokenOf("m", object("\"a\":\"x\"")).code()).isEqualTo("no_number");
    assertThat(brokenOf("m", object("\"a\":1e999")).code()).isEqualTo("no_number");
    assertThat(brokenOf("m", object("\"seq\":1")).code()).isEqualTo("no_number");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"a\":1,\"a\":2",
        "\"a\":1,\"a\":\"x\"",
        "\"a\":\"x\",\"a\":1",
        "\"a\":null,\"a\":1,\"b\":2",
        "\"a\":1,\"a\":{\"b\":[]}",
        "\"a\":1,\"seq\":1,\"seq\":{\"x\":1}",
        "\"a\":1,\"timestamp\":\"2025-11-07T15:10:01Z\"",
        "\"a\":1,\"\\u0061\":2"
      })
  void refusesDuplicateMembers(String members) {
    assertThat(brokenOf("m", object(members)).code()).isEqualTo("duplicate_member");
  }

  @Test
  void refusesNamesThatCannotBeKept() {
    assertThat(brokenOf("m", object("\"\":1")).code()).isEqualTo("bad_name");
    assertThat(brokenOf("m", object("\"%s\":1".formatted("x".repeat(65)))).code())
        .isEqualTo("bad_name");
    assertThat(brokenOf("m", object("\"a\\u0000\":1")).code()).isEqualTo("bad_name");
    // Half a character in a name is no JSON to the parser, and so spoils the whole message.
    assertThat(brokenOf("m", object("\"a\\udc00\":1")).code()).isEqualTo("not_json");
  }

  @Test
  void refusesBadMachineTypes() {
    assertThat(readingOf("m", object("\"a\":1,\"machine_type\":null")).machineType()).isNull();
    assertThat(brokenOf("m", object("\"a\":1,\"machine_type\":7")).code())
        .isEqualTo("bad_machine_type");
    assertThat(brokenOf("m", object("\"a\":1,\"machine_type\":\"\"")).code())
        .isEqualTo("bad_machine_type");
  }

  @Test
  void ofAnArrayOnlyTheBadMembersAreBroken() {
    String good = object("\"a\":1");
    String deep = object("\"a\":1,\"b\":" + "[".repeat(1000) + "]".repeat(1000));
    String digits = object("\"a\":1,\"b\":1" + "0".repeat(5000));
    String payload =
        "[%s, {\"a\":1} ,7,\"x\",null,[[1]], %s,%s,%s ]".formatted(good, deep, digits, good);
    List<Decoded> members = decode("m", payload);
    assertThat(members.stream().map(ReadingCodecTest::codeOf).toList())
        .containsExactly(
            "",
            "no_timestamp",
            "not_an_object",
            "not_an_object",
            "not_an_object",
            "not_an_object",
            "too_deep",
            "",
            "");
    assertThat(members.stream().map(member -> slice(payload, member)).toList())
        .containsExactly(good, "{\"a\":1}", "7", "\"x\"", "null", "[[1]]", deep, digits, good);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|empty",
        "`  \n`|empty",
        "[]|empty",
        "hello|not_json",
        "{|not_json",
        "[{}|not_json",
        "[{},]|not_json",
        "{\"a\":1,}|not_json",
        "{\"a\":}|not_json",
        "{'a':1}|not_json",
        "{\"a\":01}|not_json",
        "{\"a\":[}|not_json",
        "{\"a\":[1|not_json",
        "{} {}|not_json",
        "{}x|not_json",
        "{}]|not_json",
        "7|not_an_object",
        "\"x\"|not_an_object",
        "null|not_an_object"
      })
  void isBrokenAsAWhole(String payload, String code) {
    Decoded.Broken broken = brokenOf("m", payload);
    assertThat(broken.code()).isEqualTo(code);
    assertThat(broken.reason()).isNotBlank().doesNotContain("com.fasterxml", "(byte[])");
    assertThat(broken.machineId()).isEqualTo("m");
    assertThat(slice(payload, broken)).isEqualTo(payload);
  }

  @Test
  void refusesWhatIsNotUtf8() {
    byte[] latin1 = object("\"a\":1,\"b\":\"ä\"").getBytes(StandardCharsets.ISO_8859_1);
    assertThat(codeOf(codec.decode(latin1, "m").getFirst())).isEqualTo("not_utf8");
    for (var charset : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE)) {
      byte[] bytes = object("\"a\":1").getBytes(charset);
      assertThat(codeOf(codec.decode(bytes, "m").getFirst())).isEqualTo("not_utf8");
    }
    byte[] overlong = {'{', '"', (byte) 0xc0, (byte) 0x80, '"', ':', '1', '}'};
    assertThat(codeOf(codec.decode(overlong, "m").getFirst())).isEqualTo("not_utf8");
  }

  @Test
  void readsBehindAByteOrderMark() {
    assertThat(readingOf("m", "\uFEFF" + object("\"a\":1")).numbers()).containsKey("a");
  }

  @Test
  void refusesWhatIsOverABound() {
    int max = 64 * 1024;
    String reading = object("\"a\":1");
    assertThat(readingOf("m", reading + " ".repeat(max - reading.length())).seq()).isNull();
    assertThat(brokenOf("m", reading + " ".repeat(max - reading.length() + 1)).code())
        .isEqualTo("too_large");
    assertThat(decode("m", "[" + "7,".repeat(9_999) + "7]")).hasSize(10_000);
    assertThat(brokenOf("m", "[" + "7,".repeat(10_000) + "7]").code())
        .isEqualTo("too_many_readings");
    String most =
        IntStream.range(0, 511).mapToObj(i -> "\"c" + i + "\":1").collect(Collectors.joining(","));
    assertThat(readingOf("m", object(most)).numbers()).hasSize(511);
    assertThat(brokenOf("m", object(most + ",\"more\":1")).code()).isEqualTo("too_many_members");
  }

  @Test
  void neverThrowsWhateverArrives() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[] whole =
        ("["
                + object("\"a\":1.5e3,\"b\":[true,null],\"seq\":17,\"machine_id\":\"m\"")
                + ","
                + object("\"é\":\"😀\\u00e9\",\"x\":-7")
                + "]")
            .getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 50_000; i++) {
      byte[] payload = mutated(whole, random);
      List<Decoded> members = codec.decode(payload, random.nextBoolean() ? "m" : null);
      assertThat(members).as("seed %d, round %d", seed, i).isNotEmpty();
      for (Decoded member : members) {
        assertThat(member.from()).isBetween(0, member.to());
        assertThat(member.to()).isLessThanOrEqualTo(payload.length);
        if (member instanceof Decoded.Broken broken) {
          assertThat(broken.code()).isNotEmpty();
          assertThat(broken.reason()).hasSizeBetween(10, 400);
        }
      }
    }
  }

  private static byte[] mutated(byte[] whole, Random random) {
    byte[] payload = whole.clone();
    String spice = "{}[]\",:0123456789eE+-.NaInfty\\u \n\0";
    for (int changes = random.nextInt(4); changes >= 0; changes--) {
      int at = random.nextInt(payload.length);
      switch (random.nextInt(5)) {
        case 0 -> payload[at] = (byte) random.nextInt(256);
        case 1 -> payload[at] = (byte) spice.charAt(random.nextInt(spice.length()));
        case 2 -> payload = Arrays.copyOf(payload, at + 1);
        case 3 -> {
          byte[] longer = Arrays.copyOf(payload, payload.length + 1);
          System.arraycopy(payload, at, longer, at + 1, payload.length - at);
          longer[at] = (byte) spice.charAt(random.nextInt(spice.length()));
          payload = longer;
        }
        default -> {
          int other = random.nextInt(payload.length);
          int length = Math.min(random.nextInt(12), payload.length - Math.max(at, other));
          System.arraycopy(payload.clone(), other, payload, at, length);
        }
      }
    }
    return payload;
  }

  private static String object(String members) {
    return "{" + TIME + "," + members + "}";
  }

  private List<Decoded> decode(@Nullable String machineId, String payload) {
    return codec.decode(payload.getBytes(StandardCharsets.UTF_8), machineId);
  }

  private SubmittedReading readingOf(String payload) {
    return readingOf(null, payload);
  }

  private SubmittedReading readingOf(@Nullable String machineId, String payload) {
    List<Decoded> members = decode(machineId, payload);
    assertThat(members).hasSize(1);
    assertThat(members.getFirst()).isInstanceOf(Decoded.Intact.class);
    return ((Decoded.Intact) members.getFirst()).reading();
  }

  private Decoded.Broken brokenOf(@Nullable String machineId, String payload) {
    return assertThat(decode(machineId, payload))
        .hasSize(1)
        .first()
        .asInstanceOf(type(Decoded.Broken.class))
        .actual();
  }

  private static String codeOf(Decoded member) {
    return switch (member) {
      case Decoded.Intact intact -> "";
      case Decoded.Broken broken -> broken.code();
    };
  }

  private static String slice(String payload, Decoded member) {
    byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
    return new String(bytes, member.from(), member.to() - member.from(), StandardCharsets.UTF_8);
  }
}
