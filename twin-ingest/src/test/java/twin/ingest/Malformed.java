package twin.ingest;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A kind of message that is not as it should be.
 *
 * @param name what is wrong with it
 * @param codes why it has to be a dead letter; none when it is to be recorded with quality bad
 * @param topic the topic of a machine
 * @param payload of one such message, by chance and for a machine
 */
record Malformed(
    String name,
    Set<String> codes,
    Function<String, String> topic,
    BiFunction<Random, String, byte[]> payload) {

  private static final String START =
      "{\"machine_type\":\"milling\",\"timestamp\":\"2025-11-07T15:10:01Z\","
          + "\"air_temp_k\":299.1,\"process_temp_k\":309.5,\"torque_nm\":42.8,\"tool_wear_min\":5";
  private static final String RPM = ",\"rpm\":1500";
  private static final String GOOD = START + RPM + "}";

  boolean isRecorded() {
    return codes.isEmpty();
  }

  static List<Malformed> kinds() {
    List<Malformed> kinds = new ArrayList<>();
    unreadable(kinds);
    unlikeAReading(kinds);
    unfitMembers(kinds);
    unfitIdsAndTimes(kinds);
    badValues(kinds);
    return List.copyOf(kinds);
  }

  private static void unreadable(List<Malformed> kinds) {
    kinds.add(text("empty", "empty", random -> ""));
    kinds.add(text("blanks", "empty", random -> " \n".repeat(1 + random.nextInt(50))));
    kinds.add(
        text("truncated", "not_json", r -> GOOD.substring(0, 1 + r.nextInt(GOOD.length() - 1))));
    kinds.add(bytes("noise", Set.of("not_utf8"), Malformed::noise));
    kinds.add(bytes("UTF-16", Set.of("not_utf8"), random -> GOOD.getBytes(UTF_16LE)));
    kinds.add(bytes("a byte of no UTF-8", Set.of("not_utf8"), r -> with(r, 0xff)));
    kinds.add(bytes("half a character", Set.of("not_utf8"), r -> with(r, 0xe2, 0x82)));
    kinds.add(bytes("overlong UTF-8", Set.of("not_utf8"), r -> with(r, 0xc0, 0xaf)));
    kinds.add(bytes("a surrogate in UTF-8", Set.of("not_utf8"), r -> with(r, 0xed, 0xa0, 0x80)));
    kinds.add(bytes("a zero byte", Set.of("not_utf8"), r -> with(r, 0)));
    kinds.add(
        text(
            "huge",
            "too_large",
            r -> start("\"pad\":\"" + "x".repeat(65_536 + r.nextInt(9_000)) + '"')));
    kinds.add(text("a word", "not_json", r -> "torque is " + r.nextInt()));
    kinds.add(text("XML", "not_json", r -> "<rpm>%d</rpm>".formatted(r.nextInt())));
    kinds.add(text("CSV", "not_json", r -> r.nextInt(100) + "," + r.nextInt(100) + ",M"));
    kinds.add(text("a form", "not_json", r -> "rpm=%d&torque=4".formatted(r.nextInt(9))));
    kinds.add(text("single quotes", "not_json", r -> GOOD.replace('"', '\'')));
    kinds.add(text("no quotes", "not_json", r -> GOOD.replace("\"", "")));
    kinds.add(text("a comma too many", "not_json", r -> GOOD.replace("}", ",}")));
    kinds.add(text("a comment", "not_json", r -> GOOD.replace("{", "{/* new */")));
    kinds.add(text("two documents", "not_json", r -> GOOD + GOOD));
    kinds.add(text("something behind it", "not_json", r -> GOOD + (char) ('a' + r.nextInt(26))));
    kinds.add(text("a control character", "not_json", r -> start("\"note\":\"a\tb\"")));
    kinds.add(text("an unknown escape", "not_json", r -> start("\"note\":\"a\\qb\"")));
    kinds.add(text("leading zeros", "not_json", r -> start("\"rpm\":007")));
    kinds.add(text("hexadecimal", "not_json", r -> start("\"rpm\":0x" + r.nextInt(999))));
    kinds.add(text("a point without digits", "not_json", r -> start("\"rpm\":1.")));
    kinds.add(text("endless depth", "not_json", r -> "[".repeat(1 + r.nextInt(60_000))));
    kinds.add(text("endless objects", "not_json", r -> "{\"a\":".repeat(1 + r.nextInt(9_000))));
  }

  private static void unlikeAReading(List<Malformed> kinds) {
    kinds.add(text("a number alone", "not_an_object", r -> "" + r.nextInt()));
    kinds.add(text("a text alone", "not_an_object", r -> "\"" + r.nextInt() + "\""));
    kinds.add(text("null", "not_an_object", r -> "null"));
    kinds.add(text("an empty array", "empty", r -> "[]"));
    kinds.add(text("an array in an array", "not_an_object", r -> "[[%s]]".formatted(GOOD)));
    kinds.add(
        text(
            "deep arrays",
            "not_an_object",
            r -> {
              int depth = 2 + r.nextInt(30_000);
              return "[".repeat(depth) + "]".repeat(depth);
            }));
    kinds.add(
        text("too many readings", "too_many_readings", r -> "[0" + ",0".repeat(10_000) + "]"));
    kinds.add(text("an empty object", "no_timestamp", r -> "{}"));
  }

  private static void unfitMembers(List<Malformed> kinds) {
    kinds.add(
        text(
            "a deep member",
            "too_deep",
            r -> {
              int depth = 17 + r.nextInt(500);
              return start("\"a\":" + "[".repeat(depth) + "]".repeat(depth));
            }));
    kinds.add(text("a channel twice", "duplicate_member", r -> start("\"torque_nm\":1")));
    kinds.add(text("a null twice", "duplicate_member", r -> start("\"x\":null,\"x\":1")));
    kinds.add(
        text(
            "a time twice",
            "duplicate_member",
            r -> start("\"timestamp\":\"2025-11-07T15:10:02Z\"")));
    kinds.add(
        text(
            "too many members",
            "too_many_members",
            r -> {
              StringBuilder members = new StringBuilder("\"a\":1");
              for (int i = 0; i < 520; i++) {
                members.append(",\"c").append(i).append("\":1");
              }
              return start(members.toString());
            }));
    kinds.add(
        text(
            "a long name", "bad_name", r -> start("\"" + "n".repeat(65 + r.nextInt(99)) + "\":1")));
    kinds.add(text("no name", "bad_name", r -> start("\"\":1")));
    kinds.add(text("a control character in a name", "bad_name", r -> start("\"a\\u0007\":1")));
    kinds.add(
        text(
            "no number", "no_number", r -> "{\"timestamp\":\"2025-11-07T15:10:01Z\",\"a\":\"b\"}"));
    kinds.add(text("a negative seq", "bad_seq", r -> start("\"seq\":-" + (1 + r.nextInt(99)))));
    kinds.add(text("a broken seq", "bad_seq", r -> start("\"seq\":1.5")));
    kinds.add(
        text("a huge seq", "bad_seq", r -> start("\"seq\":9" + "9".repeat(19 + r.nextInt(99)))));
    kinds.add(text("a seq in quotes", "bad_seq", r -> start("\"seq\":\"17\"")));
    kinds.add(text("a type that cannot be", "bad_machine_type", r -> typed("\"!\"")));
    kinds.add(text("a type that is a number", "bad_machine_type", r -> typed("" + r.nextInt(9))));
    kinds.add(
        text(
            "an unknown type",
            "unknown_type",
            r -> typed("\"toaster-%d\"".formatted(r.nextInt(9)))));
  }

  private static void unfitIdsAndTimes(List<Malformed> kinds) {
    kinds.add(
        text("another machine", "machine_id_mismatch", r -> start("\"machine_id\":\"other\"")));
    kinds.add(text("a number as machine", "bad_machine_id", r -> start("\"machine_id\":7")));
    for (String odd : List.of("-", " ", "ä", "%41", "\uD83D\uDE00", "a".repeat(60))) {
      kinds.add(
          new Malformed(
              "an odd id: " + odd,
              Set.of("bad_machine_id"),
              machine -> "twin/v1/machines/%s%s/readings".formatted(odd, machine),
              (random, machine) -> GOOD.getBytes(UTF_8)));
    }
    kinds.add(text("no time", "no_timestamp", r -> "{\"rpm\":" + r.nextInt(9) + "}"));
    kinds.add(text("a null time", "no_timestamp", r -> "{\"timestamp\":null,\"rpm\":1}"));
    kinds.add(text("seconds", "bad_timestamp", r -> timed("17" + r.nextInt(99_999_999))));
    kinds.add(text("no time zone", "bad_timestamp", r -> timed("\"2025-11-07T15:10:01\"")));
    kinds.add(text("no such day", "bad_timestamp", r -> timed("\"2025-02-30T15:10:01Z\"")));
    kinds.add(text("the year 9999", "bad_timestamp", r -> timed("\"9999-11-07T15:10:01Z\"")));
    kinds.add(text("before 1970", "bad_timestamp", r -> timed("\"1066-10-14T09:00:00Z\"")));
    kinds.add(text("a word as time", "bad_timestamp", r -> timed("\"yesterday\"")));
    kinds.add(text("an object as time", "bad_timestamp", r -> timed("{\"sec\":1}")));
  }

  private static void badValues(List<Malformed> kinds) {
    kinds.add(rpm("NaN", r -> "NaN"));
    kinds.add(rpm("infinity", r -> r.nextBoolean() ? "Infinity" : "-Infinity"));
    kinds.add(rpm("a number over all bounds", r -> "1e" + (400 + r.nextInt(99_999))));
    kinds.add(rpm("a number of many digits", r -> "9".repeat(310 + r.nextInt(50_000))));
    kinds.add(rpm("an absurd number", r -> "" + (1e6 + r.nextInt()) * 1e9));
    kinds.add(rpm("a negative speed", r -> "-" + (1 + r.nextInt(9_999))));
    kinds.add(rpm("a number in quotes", r -> "\"" + r.nextInt(3_000) + "\""));
    kinds.add(rpm("a word", r -> "\"fast\""));
    kinds.add(rpm("true or false", r -> "" + r.nextBoolean()));
    kinds.add(rpm("an object", r -> "{\"value\":" + r.nextInt(9) + "}"));
    kinds.add(rpm("an array", r -> "[" + r.nextInt(9) + "]"));
    kinds.add(rpm("half a pair in a text", r -> "\"\\ud83d\""));
  }

  private static Malformed rpm(String name, Function<Random, String> value) {
    return new Malformed(
        "the speed is " + name,
        Set.of(),
        Malformed::topicOf,
        (random, machine) -> start("\"rpm\":" + value.apply(random)).getBytes(UTF_8));
  }

  private static Malformed text(String name, String code, Function<Random, String> text) {
    return bytes(name, Set.of(code), random -> text.apply(random).getBytes(UTF_8));
  }

  private static Malformed bytes(String name, Set<String> codes, Function<Random, byte[]> bytes) {
    return new Malformed(name, codes, Malformed::topicOf, (random, machine) -> bytes.apply(random));
  }

  private static String topicOf(String machine) {
    return "twin/v1/machines/%s/readings".formatted(machine);
  }

  /** A reading with such a member beside the others. */
  private static String start(String member) {
    return START + "," + member + "}";
  }

  private static String typed(String type) {
    return GOOD.replace("\"milling\"", type);
  }

  private static String timed(String time) {
    return GOOD.replace("\"2025-11-07T15:10:01Z\"", time);
  }

  private static byte[] noise(Random random) {
    byte[] noise = new byte[1 + random.nextInt(300)];
    random.nextBytes(noise);
    noise[random.nextInt(noise.length)] = (byte) 0xfe;
    return noise;
  }

  /** A reading with these bytes somewhere. */
  private static byte[] with(Random random, int... odd) {
    byte[] good = GOOD.getBytes(UTF_8);
    int at = random.nextInt(good.length);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(Arrays.copyOf(good, at));
    for (int each : odd) {
      bytes.write(each);
    }
    bytes.writeBytes(Arrays.copyOfRange(good, at, good.length));
    return bytes.toByteArray();
  }

  @Override
  public String toString() {
    return name;
  }
}
