package twin.ingest.codec;

import java.util.List;

/**
 * Turns the messages of one source into readings. Nothing that a device can send makes it throw,
 * and what it does is bounded by {@link CodecSettings}. Thread-safe.
 */
@FunctionalInterface
public interface Decoder {

  /** What the members of a message are, in their order; never empty. */
  List<Decoded> decode(Message message);
}
