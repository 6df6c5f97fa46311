package twin.ingest.mapping;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a mapping says, checked.
 *
 * @param topic the topics it is for, where it says so
 * @param machineIdPrefix stands before what is found
 * @param channels by name
 * @param channelsFrom the object whose numbers are channels, where there is one
 * @param samples where a message has several readings
 */
record Shape(
    @Nullable TopicPattern topic,
    Place machineId,
    String machineIdPrefix,
    @Nullable Place machineType,
    Place timestamp,
    TimeFormat timeFormat,
    @Nullable Place seq,
    Map<String, Place> attributes,
    Map<String, Scaled> channels,
    @Nullable MembersOf channelsFrom,
    @Nullable Samples samples) {

  Shape {
    attributes = Map.copyOf(attributes);
    channels = Map.copyOf(channels);
  }

  /** A number times {@code factor} plus {@code offset}. */
  record Scaled(Place.InJson place, double factor, double offset) {}

  /**
   * All members of an object.
   *
   * @param rename what some of them are called in the reading
   */
  record MembersOf(Place.InJson place, Map<String, String> rename) {
    MembersOf {
      rename = Map.copyOf(rename);
    }
  }

  /**
   * Several readings in one message.
   *
   * @param pointer to the array of them; a single one need not be in an array
   * @param interval what the time of each is after the one before, counted from the time of the
   *     first, where the message has only that
   */
  record Samples(Pointer pointer, @Nullable Duration interval) {}
}
