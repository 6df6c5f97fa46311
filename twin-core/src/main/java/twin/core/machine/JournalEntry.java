package twin.core.machine;

import java.util.Arrays;

/**
 * An event as the journal holds it: encoded once, hashed over these very bytes. Made by {@link
 * EventCodec}. Immutable.
 */
public final class JournalEntry {

  private final Stamp stamp;
  private final MachineEvent event;
  private final String manifest;
  private final byte[] encoded;
  private final EventHash hash;

  JournalEntry(Stamp stamp, MachineEvent event, String manifest, byte[] encoded) {
    this.stamp = stamp;
    this.event = event;
    this.manifest = manifest;
    this.encoded = encoded;
    this.hash = EventHash.ofEvent(manifest, encoded);
  }

  public Stamp stamp() {
    return stamp;
  }

  public MachineEvent event() {
    return event;
  }

  /** The short name of the event's kind. */
  public String manifest() {
    return manifest;
  }

  /** A copy of the encoded event. */
  public byte[] encoded() {
    return encoded.clone();
  }

  /** Length of the encoded event, in bytes. */
  public int encodedLength() {
    return encoded.length;
  }

  /** The link that the next event names. */
  public EventHash hash() {
    return hash;
  }

  /**
   * The same event with only its first readings, as if the others had not come: to look at a moment
   * in the middle of a batch. No journal holds it.
   *
   * @throws IllegalArgumentException when it has not that many readings
   */
  public JournalEntry withReadings(int count) {
    if (!(event instanceof MachineEvent.ReadingsRecorded recorded)) {
      throw new IllegalArgumentException("an event '" + manifest + "' has no readings");
    }
    if (count < 1 || count > recorded.readings().size()) {
      throw new IllegalArgumentException(
          "an event with %d readings has not %d".formatted(recorded.readings().size(), count));
    }
    return count == recorded.readings().size()
        ? this
        : EventCodec.encode(
            stamp, new MachineEvent.ReadingsRecorded(recorded.readings().subList(0, count)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof JournalEntry entry
        && manifest.equals(entry.manifest)
        && Arrays.equals(encoded, entry.encoded);
  }

  @Override
  public int hashCode() {
    return hash.hashCode();
  }

  @Override
  public String toString() {
    return "JournalEntry[" + manifest + ", " + stamp + ", " + event + "]";
  }
}
