package twin.core.store;

import java.time.Instant;

/**
 * An event of a twin that is not a reading, as the journal holds it: still in the serializer's
 * bytes. The array is the event's own; it is not copied and must not be changed.
 *
 * @param offset its place among all coarse events, {@code transaction:ordering}
 * @param sequenceNumber the twin's revision
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody, and copying each payload is dear.
public record CoarseEvent(
    String offset,
    String persistenceId,
    long sequenceNumber,
    int serializerId,
    String manifest,
    byte[] payload,
    Instant writtenAt) {

  CoarseOffset place() {
    return CoarseOffset.parse(offset);
  }
}
