package twin.ingest.mapping;

import com.fasterxml.jackson.core.JsonFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import twin.core.reading.SubmittedReading;
import twin.core.reading.Times;
import twin.core.type.Channel;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Payload;
import twin.ingest.codec.Rfc3339;
import twin.ingest.codec.Texts;

/** Makes readings of what was found in one message. Used by one thread. */
final class ReadingOf {

  private static final int QUOTED_LENGTH_MAX = 80;
  private static final int POINTERS_TOLD_MAX = 3;

  private final Shape shape;
  private final Paths paths;
  private final JsonFactory json;
  private final byte[] payload;
  private final Surroundings around;
  private final Extraction.Finds message;

  ReadingOf(
      Shape shape,
      Paths paths,
      JsonFactory json,
      byte[] payload,
      Surroundings around,
      Extraction.Finds message) {
    this.shape = shape;
    this.paths = paths;
    this.json = json;
    this.payload = payload;
    this.around = around;
    this.message = message;
  }

  /** Ends the making of a reading; never leaves this class. */
  private static final class Refused extends Exception {

    private static final long serialVersionUID = 1;

    private final transient Fault fault;

    Refused(String code, String reason) {
      super(reason, null, false, false);
      this.fault = new Fault(code, reason);
    }
  }

  /**
   * The reading of one sample, or why there is none.
   *
   * @param index which of the message's samples it is
   */
  Decoded of(Extraction.Finds sample, int index) {
    String machineId = null;
    try {
      Fault fault = sample.fault();
      if (fault != null) {
        throw new Refused(fault.code(), fault.reason());
      }
      machineId = machineId(sample);
      Instant timestamp = timestamp(sample, index);
      Map<String, Double> numbers = new HashMap<>();
      Map<String, String> texts = new HashMap<>();
      channels(sample, numbers, texts);
      members(sample, numbers, texts);
      attributes(sample, numbers, texts);
      if (numbers.isEmpty()) {
        throw new Refused("no_number", noNumber(sample));
      }
      return new Decoded.Intact(
          new SubmittedReading(
              machineId, machineType(sample), timestamp, seq(sample), null, numbers, texts),
          sample.from(),
          sample.to());
    } catch (Refused refused) {
      String known = machineId == null ? around.machineId() : machineId;
      return new Decoded.Broken(
          refused.fault.code(),
          refused.fault.reason(),
          Payload.idOrNull(known),
          sample.from(),
          sample.to());
    }
  }

  private String machineId(Extraction.Finds sample) throws Refused {
    Place place = shape.machineId();
    Found found = found(place, sample);
    String text =
        switch (found) {
          case null -> null;
          case Found.Text(String value) -> value;
          case Found.Numeric number when number.whole() -> number.text();
          case Found.Numeric number -> throw badMachineId(place, number.shown());
          case Found.Other other -> throw badMachineId(place, other.shown());
        };
    String id = text == null ? around.machineId() : shape.machineIdPrefix() + text;
    if (id == null) {
      throw new Refused(
          "no_machine_id", "the machine's id is missing: " + whyMissing(place, sample));
    }
    if (!Payload.isMachineId(id)) {
      throw badMachineId(place, "'" + id + "'");
    }
    return id;
  }

  private static Refused badMachineId(Place place, String shown) {
    return new Refused(
        "bad_machine_id",
        ("the machine's id %sis %s; it must be 1 to 64 letters, digits, '.', '_' or '-', beginning"
                + " with a letter or digit")
            .formatted(at(place), Texts.kept(shown, QUOTED_LENGTH_MAX)));
  }

  private static String at(Place place) {
    return switch (place) {
      case Place.InReading(Pointer pointer) -> "at '%s' ".formatted(pointer.text());
      case Place.InMessage(Pointer pointer) -> "at '%s' of the message ".formatted(pointer.text());
      case Place.TopicLevel level -> "in level %s of the topic ".formatted(level.shown());
      case Place.Header header -> "in the header '%s' ".formatted(header.name());
      case Place.Key key -> "in the key ";
      case Place.Constant constant -> "";
      case Place.OwnTime ownTime -> "";
    };
  }

  private @Nullable String machineType(Extraction.Finds sample) throws Refused {
    Place place = shape.machineType();
    Found found = place == null ? null : found(place, sample);
    if (found == null || place == null) {
      return null;
    }
    if (found instanceof Found.Text(String value) && Channel.isName(value)) {
      return value;
    }
    throw new Refused(
        "bad_machine_type",
        "machine_type %sis %s; it must be the name of a machine type"
            .formatted(at(place), Texts.kept(found.shown(), QUOTED_LENGTH_MAX)));
  }

  private Instant timestamp(Extraction.Finds sample, int index) throws Refused {
    Instant first =
        switch (shape.timestamp()) {
          case Place.ReceiveTime receiveTime -> around.message().receivedAt();
          case Place.RecordTime recordTime -> {
            Instant stored = around.message().storedAt();
            if (stored == null) {
              throw noTimestamp(recordTime, sample);
            }
            yield stored;
          }
          case Place.InJson inJson -> readTime(inJson, sample);
          case Place.Beside beside -> readTime(beside, sample);
        };
    Shape.Samples samples = shape.samples();
    Instant time =
        samples == null || samples.interval() == null
            ? first
            : first.plus(samples.interval().multipliedBy(index));
    if (!Times.canBeKept(time)) {
      throw new Refused(
          "bad_timestamp",
          "timestamp %s: it must lie between %s and %s"
              .formatted(time, Times.EARLIEST, Times.LATEST));
    }
    return time;
  }

  private Instant readTime(Place place, Extraction.Finds sample) throws Refused {
    Found found = found(place, sample);
    if (found == null) {
      throw noTimestamp(place, sample);
    }
    return switch (shape.timeFormat().parse(found)) {
      case Rfc3339.Result.Time time -> time.instant();
      case Rfc3339.Result.NoTime noTime ->
          throw new Refused("bad_timestamp", "%s%s".formatted(at(place), noTime.reason()));
    };
  }

  private Refused noTimestamp(Place place, Extraction.Finds sample) {
    return new Refused("no_timestamp", "the timestamp is missing: " + whyMissing(place, sample));
  }

  private @Nullable Long seq(Extraction.Finds sample) throws Refused {
    Place place = shape.seq();
    Found found = place == null ? null : found(place, sample);
    if (found == null || place == null) {
      return null;
    }
    Long seq =
        switch (found) {
          case Found.Numeric number -> wholeOrNull(number);
          case Found.Text(String value) -> digitsOrNull(value);
          case Found.Other other -> null;
        };
    if (seq == null) {
      throw new Refused(
          "bad_seq",
          "seq %sis %s; it must be a whole number from 0 to 2^63 - 2"
              .formatted(at(place), Texts.kept(found.shown(), QUOTED_LENGTH_MAX)));
    }
    return seq;
  }

  /** Programs whose only numbers are floating write 17.0. */
  private static @Nullable Long wholeOrNull(Found.Numeric number) {
    if (number.whole()) {
      return digitsOrNull(number.text());
    }
    double value = number.value();
    return value == Math.rint(value) && value >= 0 && value <= 1L << Double.PRECISION
        ? (long) value
        : null;
  }

  private static @Nullable Long digitsOrNull(String text) {
    if (text.isEmpty() || text.length() > 19 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return null;
    }
    try {
      long number = Long.parseLong(text);
      return number == Long.MAX_VALUE ? null : number;
    } catch (NumberFormatException tooLarge) {
      return null;
    }
  }

  private void channels(
      Extraction.Finds sample, Map<String, Double> numbers, Map<String, String> texts) {
    shape
        .channels()
        .forEach(
            (name, scaled) -> {
              Found found = found(scaled.place(), sample);
              if (found instanceof Found.Numeric number) {
                double value = number.value() * scaled.factor() + scaled.offset();
                if (Double.isFinite(value)) {
                  numbers.put(name, value);
                  return;
                }
              }
              if (found != null) {
                texts.put(name, kept(found));
              }
            });
  }

  private void members(
      Extraction.Finds sample, Map<String, Double> numbers, Map<String, String> texts)
      throws Refused {
    Shape.MembersOf from = shape.channelsFrom();
    if (from == null) {
      return;
    }
    Extraction.Finds where = from.place() instanceof Place.InMessage ? message : sample;
    for (Map.Entry<String, Found> member : where.members().entrySet()) {
      String name = from.rename().getOrDefault(member.getKey(), member.getKey());
      if (shape.channels().containsKey(name)) {
        continue;
      }
      if (numbers.containsKey(name) || texts.containsKey(name)) {
        throw new Refused(
            "duplicate_member",
            "two members at '%s' are called '%s' after renaming"
                .formatted(from.place().pointer().text(), name));
      }
      if (member.getValue() instanceof Found.Numeric number) {
        numbers.put(name, number.value());
      } else {
        texts.put(name, kept(member.getValue()));
      }
    }
  }

  /** What the mapping calls an attribute is one, whatever a member of the same name may be. */
  private void attributes(
      Extraction.Finds sample, Map<String, Double> numbers, Map<String, String> texts) {
    shape
        .attributes()
        .forEach(
            (name, place) -> {
              Found found = found(place, sample);
              if (found != null) {
                numbers.remove(name);
                texts.put(name, kept(found));
              }
            });
  }

  private static String kept(Found found) {
    String text =
        switch (found) {
          case Found.Text(String value) -> value;
          case Found.Numeric number -> number.text();
          case Found.Other other -> other.shown();
        };
    return Texts.kept(text, SubmittedReading.MAX_TEXT_LENGTH);
  }

  private @Nullable Found found(Place place, Extraction.Finds sample) {
    return switch (place) {
      case Place.InReading reading -> sample.at(paths.slotOf(place));
      case Place.InMessage inMessage -> message.at(paths.slotOf(place));
      case Place.Beside beside -> {
        String text = around.textAt(beside);
        yield text == null ? null : new Found.Text(text);
      }
      case Place.OwnTime ownTime -> null;
    };
  }

  private String whyMissing(Place place, Extraction.Finds sample) {
    return switch (place) {
      case Place.InReading(Pointer pointer) ->
          Whereabouts.of(json, payload, sample.from(), sample.to(), pointer);
      case Place.InMessage(Pointer pointer) ->
          Whereabouts.of(json, payload, message.from(), message.to(), pointer);
      case Place.Beside beside -> around.missing(beside);
      case Place.OwnTime ownTime -> "only a record of Kafka has a time of its own";
    };
  }

  private String noNumber(Extraction.Finds sample) {
    List<String> told = new ArrayList<>();
    List<Place> places = new ArrayList<>();
    Shape.MembersOf from = shape.channelsFrom();
    if (from != null) {
      places.add(from.place());
    }
    shape.channels().values().stream()
        .map(Shape.Scaled::place)
        .sorted(Comparator.comparing(place -> place.pointer().text()))
        .limit(POINTERS_TOLD_MAX)
        .forEach(places::add);
    for (Place place : places) {
      told.add(whyMissing(place, sample));
    }
    return "the reading holds no number for any channel: " + String.join("; ", told);
  }
}
