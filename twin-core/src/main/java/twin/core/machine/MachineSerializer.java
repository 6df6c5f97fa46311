package twin.core.machine;

import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Pekko's way to {@link EventCodec} and {@link SnapshotCodec}: for the journal, the snapshot store
 * and the way between nodes. The manifests are short names of ours, so that no class is nailed to
 * its place.
 */
public final class MachineSerializer extends SerializerWithStringManifest {

  /** Fixed for ever: the journal names it beside every event. */
  public static final int IDENTIFIER = 8101;

  private static final String STATE_REPLY = "state-reply";

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object object) {
    return switch (object) {
      case JournalEntry entry -> entry.manifest();
      case MachineState state -> SnapshotCodec.MANIFEST;
      case MachineReply.State reply -> STATE_REPLY;
      default -> throw unknown(object);
    };
  }

  @Override
  public byte[] toBinary(Object object) {
    return switch (object) {
      case JournalEntry entry -> entry.encoded();
      case MachineState state -> SnapshotCodec.encode(state);
      case MachineReply.State reply -> SnapshotCodec.encode(reply.state());
      default -> throw unknown(object);
    };
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return switch (manifest) {
      case SnapshotCodec.MANIFEST -> SnapshotCodec.decode(bytes);
      case STATE_REPLY -> new MachineReply.State(SnapshotCodec.decode(bytes));
      default -> EventCodec.decode(manifest, bytes);
    };
  }

  private static IllegalArgumentException unknown(Object object) {
    return new IllegalArgumentException("cannot serialise " + object.getClass());
  }
}
