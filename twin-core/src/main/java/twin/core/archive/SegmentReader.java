package twin.core.archive;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.InflaterInputStream;
import twin.core.machine.EventHash;
import twin.core.store.EventStore;

/** Reads events from a segment's file (see {@link SegmentWriter}). Not thread-safe. */
final class SegmentReader implements AutoCloseable {

  /** Far above what the largest table of a segment takes. */
  private static final int TABLE_MAX = 64 << 20;

  private final Path file;
  private final FileChannel channel;
  private final List<SegmentWriter.Block> blocks;

  private SegmentReader(Path file, FileChannel channel, List<SegmentWriter.Block> blocks) {
    this.file = file;
    this.channel = channel;
    this.blocks = blocks;
  }

  /**
   * Opens a file.
   *
   * @throws ArchiveException when it is not there or is no segment of that machine
   */
  static SegmentReader open(Path file, String persistenceId) {
    boolean opened = false;
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
      SegmentReader reader = new SegmentReader(file, channel, blocks(channel, persistenceId));
      opened = true;
      return reader;
    } catch (IOException e) {
      throw new ArchiveException(
          "the archive file %s cannot be read: %s; every node needs the same twin.archive.folder"
              .formatted(file, e),
          e);
    } finally {
      if (!opened && channel != null) {
        closeQuietly(channel);
      }
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It was only read from, and the reason why it is of no use is told already.
    }
  }

  private static List<SegmentWriter.Block> blocks(FileChannel channel, String persistenceId)
      throws IOException {
    long size = channel.size();
    int tail = Integer.BYTES + SegmentWriter.END.length;
    if (size < SegmentWriter.BEGINNING.length + tail) {
      throw new EOFException("it is cut off");
    }
    ByteBuffer end = read(channel, size - tail, tail);
    int tableLength = end.getInt();
    byte[] mark = new byte[SegmentWriter.END.length];
    end.get(mark);
    if (!Arrays.equals(mark, SegmentWriter.END)
        || tableLength < 0
        || tableLength > Math.min(TABLE_MAX, size - tail)) {
      throw new IOException("it is no segment, or is cut off");
    }
    DataInputStream table =
        new DataInputStream(
            new ByteArrayInputStream(
                read(channel, size - tail - tableLength, tableLength).array()));
    String of = table.readUTF();
    if (!of.equals(persistenceId)) {
      throw new IOException("it is a segment of %s, not %s".formatted(of, persistenceId));
    }
    int count = table.readInt();
    List<SegmentWriter.Block> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      blocks.add(
          new SegmentWriter.Block(
              table.readLong(),
              table.readInt(),
              table.readLong(),
              table.readInt(),
              EventHash.of(table.readNBytes(EventHash.LENGTH))));
    }
    return blocks;
  }

  private static ByteBuffer read(FileChannel channel, long at, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        throw new EOFException("it is cut off");
      }
    }
    return bytes.flip();
  }

  /** Some of its events, as they stood in the journal. */
  List<EventStore.Stored> events(long first, long last, int most) {
    List<EventStore.Stored> found = new ArrayList<>();
    try {
      for (SegmentWriter.Block block : blocks) {
        boolean wanted =
            block.firstRevision() + block.events() > first && block.firstRevision() <= last;
        if (wanted && found.size() < most) {
          collect(block, first, last, most, found);
        }
      }
    } catch (IOException e) {
      throw new ArchiveException("the archive file %s is damaged: %s".formatted(file, e), e);
    }
    return found;
  }

  private void collect(
      SegmentWriter.Block block, long first, long last, int most, List<EventStore.Stored> into)
      throws IOException {
    byte[] compressed = read(channel, block.offset(), block.length()).array();
    try (DataInputStream in =
        new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(compressed)))) {
      EventHash previous = block.previous();
      for (int i = 0; i < block.events() && into.size() < most; i++) {
        long revision = block.firstRevision() + i;
        if (revision > last) {
          return;
        }
        String manifest = in.readUTF();
        byte[] payload = payload(in, previous);
        previous = EventHash.ofEvent(manifest, payload);
        if (revision >= first) {
          into.add(new EventStore.Stored(revision, manifest, payload));
        }
      }
    }
  }

  private static byte[] payload(DataInputStream in, EventHash previous) throws IOException {
    int at = in.readUnsignedShort();
    int left = in.readInt();
    byte[] hash = previous.toBytes();
    if (at > left || left < 0 || left > TABLE_MAX) {
      throw new IOException("an event has no sensible length");
    }
    byte[] payload = new byte[left + hash.length];
    in.readFully(payload, 0, at);
    System.arraycopy(hash, 0, payload, at, hash.length);
    in.readFully(payload, at + hash.length, left - at);
    return payload;
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }
}
