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
