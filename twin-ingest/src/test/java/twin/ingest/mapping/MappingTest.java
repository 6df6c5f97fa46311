package twin.ingest.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import twin.core.reading.SubmittedReading;
import twin.ingest.codec.Decoded;

class MappingTest {

  private static final Instant TIME = Instant.parse("2025-11-07T15:10:01Z");

  private static final String ID = "machine-id { constant = m }\n";
  private static final String TS = "timestamp = \"/ts\"\n";
  private static final String X = "channels { x = \"/x\" }\n";

  @Test
  void readsNestedSensorData() {
    SubmittedReading reading =
        Mapped.byExample("sensor-data.conf")
            .reading(
                "plant/sensors",
                """
                {"machine_id":1,"timestamp":1762528201,"sensor_data":{"airTemperature":300.5,\
                "processTemperature":37.05,"rotationalSpeed":1500,"torque":42.8,"toolWear":300,\
                "type":"M","unmapped":[1,{"a":2}]}}\
                """);
    assertThat(reading.machineId()).isEqualTo("machine-1");
    assertThat(reading.machineType()).isEqualTo("milling");
    assertThat(reading.timestamp()).isEqualTo(TIME);
    assertThat(reading.seq()).isNull();
    assertThat(reading.texts()).isEqualTo(Map.of("variant", "M"));
    assertThat(reading.numbers())
        .containsOnlyKeys("air_temp_k", "process_temp_k", "rpm", "torque_nm", "tool_wear_min")
        .containsEntry("air_temp_k", 300.5)
        .containsEntry("rpm", 1500.0);
    assertThat(reading.numbers().get("process_temp_k")).isCloseTo(310.2, within(1e-9));
    assertThat(reading.numbers().get("tool_wear_min")).isCloseTo(5, within(1e-12));
  }

  @Test
  void readsFeaturesOfAMachineThatTheTopicNames() {
    SubmittedReading reading =
        Mapped.byExample("features.conf")
            .reading(
                "serve-ml/press-7/features",
                """
                {"power":5.2,"model_version":"3","features":{"rms":0.12,"kurtosis":3.4,"ok":true}}
                """);
    assertThat(reading)
        .isEqualTo(
            new SubmittedReading(
                "press-7",
                null,
                Mapped.RECEIVED,
                null,
                null,
                Map.of("power_kw", 5.2, "vibration_rms", 0.12, "kurtosis", 3.4),
                Map.of("model_version", "3", "ok", "true")));
  }

  @Test
  void readsTelemetryAloneAndInArrays() {
    Mapped mapped = Mapped.byExample("thingsboard.conf");
    String topic = "sensors/kiln-3/telemetry";
    String one = "{\"ts\":1762528201250,\"values\":{\"temperature\":42.5,\"door\":\"open\"}}";
    SubmittedReading reading = mapped.reading(topic, one);
    assertThat(reading.machineId()).isEqualTo("kiln-3");
    assertThat(reading.timestamp()).isEqualTo(Instant.parse("2025-11-07T15:10:01.250Z"));
    assertThat(reading.numbers()).isEqualTo(Map.of("temperature", 42.5));
    assertThat(reading.texts()).isEqualTo(Map.of("door", "open"));

    List<Decoded> several =
        mapped.all(topic, "[%s, 17, {\"ts\":1}, %s]".formatted(one, one.replace("250", "251")));
    assertThat(several).hasSize(4);
    assertThat(several.get(0)).isInstanceOf(Decoded.Intact.class);
    assertThat(several.get(3)).isInstanceOf(Decoded.Intact.class);
    assertThat(((Decoded.Broken) several.get(1)).reason())
        .isEqualTo("the timestamp is missing: '/ts' leads to nothing: the reading is 17");
    assertThat(((Decoded.Broken) several.get(2)).code()).isEqualTo("no_number");
    assertThat(((Decoded.Broken) several.get(2)).machineId()).isEqualTo("kiln-3");
  }

  @Test
  void readsArraysOfNumbersAtAnInterval() {
    List<SubmittedReading> readings =
        Mapped.byExample("vibration.conf")
            .readings(
                "any",
                "{\"acceleration\":[1,2,3],\"device\":\"spindle-2\",\"axis\":\"x\","
                    + "\"start\":\"2025-11-07T15:10:01Z\"}");
    assertThat(readings)
        .extracting(SubmittedReading::timestamp)
        .containsExactly(TIME, TIME.plusMillis(20), TIME.plusMillis(40));
    assertThat(readings.get(2).numbers()).isEqualTo(Map.of("acceleration_ms2", 3 * 9.80665));
    assertThat(readings)
        .allSatisfy(reading -> assertThat(reading.machineId()).isEqualTo("spindle-2"))
        .allSatisfy(reading -> assertThat(reading.texts()).isEqualTo(Map.of("axis", "x")));
  }

  @Test
  void keepsTheBytesOfABadSampleAlone() {
    String payload = "{\"d\":[{\"x\":1,\"ts\":1762528201}, {\"x\":\"é\",\"ts\":1762528202} ]}";
    Mapped mapped = Mapped.by(ID + TS + X + "samples = \"/d\"");
    Decoded.Broken broken = (Decoded.Broken) mapped.all("", payload).get(1);
    String kept =
        new String(
            Mapped.bytes(payload),
            broken.from(),
            broken.to() - broken.from(),
            java.nio.charset.StandardCharsets.UTF_8);
    assertThat(kept).isEqualTo("{\"x\":\"é\",\"ts\":1762528202}");
    // And reads it again alone, under a mapping that has been mended.
    Mapped mended = Mapped.by(ID + TS + "channels { x = \"/x\", y = \"/ts\" }\nsamples = \"/d\"");
    assertThat(mended.again("", null, kept)).singleElement().isInstanceOf(Decoded.Intact.class);
    assertThat(mended.broken(kept).code()).isEqualTo("no_samples");
  }

  @Test
  void knowsTheMachineOfADeadLetterWhoseMessageIsGone() {
    Mapped mapped =
        Mapped.by("machine-id { message-pointer = \"/m\" }\n" + TS + X + "samples = \"/d\"");
    assertThat(mapped.again("", "press-7", "{\"x\":1,\"ts\":1762528201}"))
        .singleElement()
        .isInstanceOfSatisfying(
            Decoded.Intact.class,
            intact -> assertThat(intact.reading().machineId()).isEqualTo("press-7"));
  }

  @Test
  void refusesASampleWhoseTimeWasItsPlace() {
    assertThat(Mapped.byExample("vibration.conf").again("", "spindle-2", "0.5"))
        .singleElement()
        .isInstanceOfSatisfying(
            Decoded.Broken.class,
            broken -> assertThat(broken.reason()).contains("send the message again"));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"2025-11-07T16:10:01.5+01:00\"', 2025-11-07T15:10:01.500Z",
    "1762528201, 2025-11-07T15:10:01Z",
    "1762528201.123456789, 2025-11-07T15:10:01.123456789Z",
    "1762528201250, 2025-11-07T15:10:01.250Z",
    "1762528201250.5, 2025-11-07T15:10:01.250500Z",
    "1.762528201e9, 2025-11-07T15:10:01Z",
    "'\"1762528201\"', 2025-11-07T15:10:01Z",
    "'\"1762528201250\"', 2025-11-07T15:10:01.250Z"
  })
  void tellsWhichTimeIsMeant(String json, String time) {
    assertThat(Mapped.by(ID + TS + X).reading("{\"x\":1,\"ts\":%s}".formatted(json)).timestamp())
        .isEqualTo(Instant.parse(time));
  }

  @ParameterizedTest
  @CsvSource({
    "12345, neither seconds nor milliseconds",
    "-1762528201, neither seconds nor milliseconds",
    "1e300, neither seconds nor milliseconds",
    "1762528201250000, neither seconds nor milliseconds",
    "true, it must be a time",
    "'{\"a\":1}', it must be a time",
    "'\"yesterday\"', it must look like",
    "NaN, it must be a time"
  })
  void saysWhatIsWrongWithATime(String json, String reason) {
    Decoded.Broken broken = Mapped.by(ID + TS + X).broken("{\"x\":1,\"ts\":%s}".formatted(json));
    assertThat(broken.code()).isEqualTo("bad_timestamp");
    assertThat(broken.reason()).startsWith("at '/ts' timestamp '").contains(reason);
  }

  @Test
  void takesTimesAsStated() {
    String seconds = ID + X + "timestamp { pointer = \"/ts\", format = epoch-seconds }";
    assertThat(Mapped.by(seconds).reading("{\"x\":1,\"ts\":86400}").timestamp())
        .isEqualTo(Instant.parse("1970-01-02T00:00:00Z"));
    assertThat(Mapped.by(seconds).broken("{\"x\":1,\"ts\":1762528201250}").reason())
        .contains("must lie between");
    assertThat(Mapped.by(seconds).broken("{\"x\":1,\"ts\":-1}").code()).isEqualTo("bad_timestamp");
    String text = ID + X + "timestamp { pointer = \"/ts\", format = rfc3339 }";
    assertThat(Mapped.by(text).broken("{\"x\":1,\"ts\":1762528201}").reason())
        .contains("the mapping says rfc3339");
  }

  @Test
  void readsWhatIsBesideTheJson() {
    Mapped mapped =
        Mapped.by(
            """
            machine-id { key = true, prefix = "line-" }
            machine-type { header = kind }
            timestamp { record-time = true }
            seq { header = count }
            attributes { site { header = site } }
            """
                + X);
    SubmittedReading reading =
        mapped.reading(
            "7", Map.of("kind", "auto", "count", "12", "site", "Kyiv"), TIME, "{\"x\":1}");
    assertThat(reading)
        .isEqualTo(
            new SubmittedReading(
                "line-7", "auto", TIME, 12L, null, Map.of("x", 1.0), Map.of("site", "Kyiv")));
    assertThat(mapped.broken(null, Map.of(), TIME, "{\"x\":1}").reason())
        .isEqualTo("the machine's id is missing: the message has no key");
    assertThat(mapped.broken("7", Map.of("count", "many"), TIME, "{\"x\":1}").reason())
        .isEqualTo(
            "seq in the header 'count' is 'many'; it must be a whole number from 0 to 2^63 - 2");
    assertThat(mapped.broken("7", Map.of(), null, "{\"x\":1}").reason())
        .contains("only a record of Kafka");
    assertThat(
            Mapped.by("machine-id { header = id }\n" + TS + X)
                .broken(null, Map.of("device", "a"), null, "{\"x\":1}")
                .reason())
        .isEqualTo("the machine's id is missing: the message has no header 'id'; it has device");
  }

  @Test
  void namesThePointerAndWhatWasThere() {
    Mapped mapped =
        Mapped.by("machine-id = \"/m\"\n" + TS + "channels { t = \"/s/temp\", p = \"/s/0\" }");
    assertThat(mapped.broken("{\"ts\":1762528201,\"s\":{\"temp\":1}}").reason())
        .isEqualTo("the machine's id is missing: '/m' leads to nothing: the reading has 'ts', 's'");
    assertThat(mapped.broken("{\"m\":1.5,\"ts\":1762528201,\"s\":{\"temp\":1}}").reason())
        .startsWith("the machine's id at '/m' is 1.5;");
    assertThat(mapped.broken("{\"m\":\"a b\",\"s\":{}}").reason())
        .startsWith("the machine's id at '/m' is 'a b'; it must be 1 to 64 letters");
    assertThat(mapped.broken("{\"m\":1,\"ts\":1762528201,\"s\":{\"tmp\":1}}").reason())
        .isEqualTo(
            "the reading holds no number for any channel: '/s/0' leads to nothing: '/s' has"
                + " 'tmp'; '/s/temp' leads to nothing: '/s' has 'tmp'");
    assertThat(mapped.broken("{\"m\":1,\"ts\":1762528201,\"s\":[]}").reason())
        .contains("'/s' is an array of 0");
    assertThat(mapped.broken("{\"m\":1,\"ts\":1762528201,\"s\":{\"temp\":\"hot\"}}").reason())
        .contains("'/s/temp' is the text 'hot'");
    assertThat(mapped.broken("{\"m\":1,\"ts\":1762528201,\"s\":{\"temp\":null}}").reason())
        .contains("'/s/temp' is null");
    assertThat(mapped.broken("[1]").reason()).contains("the reading is an array of 1");
    assertThat(mapped.reading("{\"m\":1,\"ts\":1762528201,\"s\":[4]}").numbers())
        .isEqualTo(Map.of("p", 4.0));
  }

  @Test
  void keepsAKnownChannelThatIsNoNumberAsText() {
    Mapped mapped =
        Mapped.by(ID + TS + "channels { x = \"/x\", y = \"/y\", z = \"/z\", w = \"/w\" }");
    SubmittedReading reading =
        mapped.reading("{\"ts\":1762528201,\"x\":1,\"y\":\"hot\",\"z\":1e999,\"w\":{\"a\":[1]}}");
    assertThat(reading.numbers()).isEqualTo(Map.of("x", 1.0));
    assertThat(reading.texts()).isEqualTo(Map.of("y", "hot", "z", "1e999", "w", "{\"a\":[1]}"));
  }

  @Test
  void refusesMessagesOverTheBounds() {
    Mapped mapped = Mapped.by(ID + TS + X + "channels-from = \"/v\"");
    assertThat(mapped.broken("{\"x\":\"%s\"}".formatted("y".repeat(70_000))).code())
        .isEqualTo("too_large");
    assertThat(mapped.broken("[".repeat(60_000)).code()).isEqualTo("not_json");
    assertThat(mapped.broken("{\"other\":%s1%s}".formatted("[".repeat(99), "]".repeat(99))).code())
        .isEqualTo("too_deep");
    String many =
        IntStream.range(0, 513).mapToObj(i -> "\"c" + i + "\":1").collect(Collectors.joining(","));
    assertThat(mapped.broken("{\"ts\":1762528201,\"v\":{%s}}".formatted(many)).code())
        .isEqualTo("too_many_members");
    assertThat(
            Mapped.by(ID + TS + X + "samples = \"\"")
                .broken("[0%s]".formatted(",0".repeat(10_000)))
                .code())
        .isEqualTo("too_many_readings");
  }

  @Test
  void refusesWhatIsThereTwice() {
    Mapped mapped = Mapped.by(ID + TS + X + "channels-from = \"/v\"");
    assertThat(mapped.broken("{\"ts\":1762528201,\"x\":1,\"x\":2}").code())
        .isEqualTo("duplicate_member");
    assertThat(mapped.broken("{\"ts\":1762528201,\"v\":{\"a\":2,\"a\":3}}").code())
        .isEqualTo("duplicate_member");
    Mapped renamed = Mapped.by(ID + TS + "channels-from { pointer = \"/v\", rename { a = b } }");
    assertThat(renamed.broken("{\"ts\":1762528201,\"v\":{\"a\":2,\"b\":3}}").reason())
        .contains("after renaming");
  }

  @Test
  void refusesOtherTopicsAndEmptyMessages() {
    Mapped mapped = Mapped.by("topic = \"a/{m}/b\"\nmachine-id { topic-level = m }\n" + TS + X);
    assertThat(mapped.broken("a/press/c", "{}").code()).isEqualTo("wrong_topic");
    assertThat(mapped.broken("a/press/b", "").code()).isEqualTo("empty");
    assertThat(mapped.broken("a/press/b", "").machineId()).isEqualTo("press");
    assertThat(mapped.broken("a//b", "{\"ts\":1762528201,\"x\":1}").code())
        .isEqualTo("bad_machine_id");
    assertThat(mapped.broken("a/press/b", "{\"x\":1} {}").code()).isEqualTo("not_json");
    assertThat(
            Mapped.by("machine-id { topic-level = 2 }\n" + TS + X)
                .broken("alone", "{\"ts\":1762528201,\"x\":1}")
                .reason())
        .isEqualTo("the machine's id is missing: the topic 'alone' has no level 2");
  }

  @Test
  void saysWhereSamplesAreMissing() {
    Mapped mapped = Mapped.by(ID + TS + X + "samples = \"/data/list\"");
    assertThat(mapped.broken("{\"data\":{\"lists\":[]}}").reason())
        .isEqualTo("there are no samples: '/data/list' leads to nothing: '/data' has 'lists'");
    assertThat(mapped.broken("{\"data\":{\"list\":[]}}").code()).isEqualTo("empty");
    assertThat(mapped.broken("{\"data\":{\"list\":null}}").reason()).contains("is null");
  }
}
