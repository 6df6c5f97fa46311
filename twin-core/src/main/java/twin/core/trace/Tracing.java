package twin.core.trace;

import org.jspecify.annotations.Nullable;

/**
 * Follows some of the readings from their source to what becomes of them. The place of a step in
 * its trace travels as a text, the {@code traceparent} of W3C Trace Context, and only where a
 * reading is followed: where there is none, nothing is followed and nothing is made. Thread-safe.
 */
public interface Tracing {

  /** Under this name the text travels in headers of HTTP and Kafka and as a property of MQTT. */
  String HEADER = "traceparent";

  /** Follows nothing. */
  Tracing OFF =
      new Tracing() {
        @Override
        public boolean isOn() {
          return false;
        }

        @Override
        public Trace received(String source, @Nullable String parent) {
          return Trace.NONE;
        }

        @Override
        public Trace continued(Trace.Step step, @Nullable String parent) {
          return Trace.NONE;
        }
      };

  /** Whether anything may be followed; when not, nobody need look for a parent. */
  boolean isOn();

  /**
   * A message with readings has come. Whether it is followed is decided here: as its sender wishes,
   * else by chance.
   *
   * @param parent what the sender gave with it; one that cannot be read counts for none
   */
  Trace received(String source, @Nullable String parent);

  /** A step of what is followed already; none when there is no parent. */
  Trace continued(Trace.Step step, @Nullable String parent);
}
