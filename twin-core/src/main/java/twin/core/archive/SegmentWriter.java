package twin.core.archive;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.jspecify.annotations.Nullable;
import twin.core.machine.EventCodec;
import twin.core.machine.EventHash;
import twin.core.machine.JournalEntry;
import twin.core.store.EventStore;
import twin.core.store.Segment;

/**
 * Writes a segment: consecutive events of one machine in one file.
 *
 * <p>The file is the eight bytes {@code TWINARC1}; blocks of up to {@value #BLOCK_EVENTS} events,
 * each compressed by itself (zlib); a table of the blocks; its length in four bytes and the eight
 * bytes {@code 1CRANIWT}. An event in a block is its manifest, where in its bytes the hash of the
 * event before stands, how many bytes are left without that hash, and these. The hash is the one
 * thing that cannot be compressed and can be computed again, so only the first of each block stands
 * in the table.
 *
 * <p>Events that do not form a chain are refused: an archive must not make a break invisible. Not
 * thread-safe.
 */
final class SegmentWriter implements AutoCloseable {

  static final byte[] BEGINNING = {'T', 'W', 'I', 'N', 'A', 'R', 'C', '1'};
  static final byte[] END = {'1', 'C', 'R', 'A', 'N', 'I', 'W', 'T'};
  static final int BLOCK_EVENTS = 512;

  private final Path file;
  private final Path unfinished;
  private final String persistenceId;
  private final FileChannel channel;
  private final MessageDigest digest;
  private final Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
  private final ByteArrayOutputStream block = new ByteArrayOutputStream();
  private final List<Block> blocks = new ArrayList<>();
  private @Nullable JournalEntry last;
  private long firstRevision;
  private long lastRevision;
  private Instant recordedFrom = Instant.EPOCH;
  private EventHash blockPrevious = EventHash.NONE;
  private int inBlock;
  private long length;

  /**
   * One block.
   *
   * @param previous hash of the event before its first
   */
  record Block(long firstRevision, int events, long offset, int length, EventHash previous) {}

  /** Begins a file, which nobody sees before it is whole. */
  SegmentWriter(Path file, String persistenceId) {
    this.file = file;
    this.unfinished = file.resolveSibling(file.getFileName() + ".part");
    this.persistenceId = persistenceId;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
      Files.createDirectories(parent(file));
      this.channel =
          FileChannel.open(
              unfinished,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
      write(BEGINNING);
    } catch (IOException e) {
      throw new ArchiveException("%s cannot be written: %s".formatted(unfinished, e), e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + " is no path of a file");
    }
    return parent;
  }

  /**
   * Adds the next event.
   *
   * @throws ArchiveException when it does not follow the one before
   */
  void add(EventStore.Stored event) {
    JournalEntry entry = EventCodec.decode(event.manifest(), event.payload());
    JournalEntry before = last;
    if (before == null) {
      firstRevision = event.revision();
      recordedFrom = entry.stamp().recordedAt();
    } else if (event.revision() != lastRevision + 1
        || !entry.stamp().previous().equals(before.hash())) {
      throw new ArchiveException(
          "the chain of %s is broken at revision %d, so its events stay in the journal;"
                  .formatted(persistenceId, event.revision())
              + " ./twin audit verify says what is wrong");
    }
    if (inBlock == 0) {
      blockPrevious = entry.stamp().previous();
    }
    try {
      append(event, entry.stamp().previous().toBytes());
      inBlock++;
      if (inBlock == BLOCK_EVENTS) {
        endBlock(event.revision());
      }
    } catch (IOException e) {
      throw new ArchiveException("%s cannot be written: %s".formatted(unfinished, e), e);
    }
    last = entry;
    lastRevision = event.revision();
  }

  private void append(EventStore.Stored event, byte[] previous) throws IOException {
    DataOutputStream out = new DataOutputStream(block);
    byte[] payload = event.payload();
    int at = indexOf(payload, previous);
    out.writeUTF(event.manifest());
    out.writeShort(at);
    out.writeInt(payload.length - previous.length);
    out.write(payload, 0, at);
    out.write(payload, at + previous.length, payload.length - at - previous.length);
  }

  private static int indexOf(byte[] payload, byte[] part) {
    for (int at = 0; at <= Math.min(payload.length - part.length, Short.MAX_VALUE); at++) {
      int same = 0;
      while (same < part.length && payload[at + same] == part[same]) {
        same++;
      }
      if (same == part.length) {
        return at;
      }
    }
    throw new NoSuchElementException("an event without the hash of the one before it");
  }

  private void endBlock(long revision) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream(block.size() / 2);
    deflater.reset();
    try (DeflaterOutputStream out = new DeflaterOutputStream(compressed, deflater)) {
      block.writeTo(out);
    }
    blocks.add(
        new Block(revision - inBlock + 1, inBlock, length, compressed.size(), blockPrevious));
    write(compressed.toByteArray());
    block.reset();
    inBlock = 0;
  }

  private void write(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    digest.update(bytes);
    length += bytes.length;
  }

  /**
   * Ends the file and makes it durable under its name.
   *
   * @param folder what the segment's file is told relative to
   */
  Segment finish(Path folder) {
    JournalEntry end = last;
    if (end == null) {
      throw new IllegalStateException("a segment has events");
    }
    try {
      if (inBlock > 0) {
        endBlock(lastRevision);
      }
      byte[] table = table();
      write(table);
      write(ByteBuffer.allocate(Integer.BYTES).putInt(table.length).array());
      write(END);
      channel.force(true);
      channel.close();
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel directory = FileChannel.open(parent(file), StandardOpenOption.READ)) {
        directory.force(true);
      }
    } catch (IOException e) {
      throw new ArchiveException("%s cannot be written: %s".formatted(file, e), e);
    }
    return new Segment(
        persistenceId,
        firstRevision,
        lastRevision,
        folder.relativize(file).toString(),
        length,
        EventHash.of(digest.digest()).toString(),
        recordedFrom,
        end.stamp().recordedAt());
  }

  private byte[] table() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeUTF(persistenceId);
    out.writeInt(blocks.size());
    for (Block each : blocks) {
      out.writeLong(each.firstRevision());
      out.writeInt(each.events());
      out.writeLong(each.offset());
      out.writeInt(each.length());
      out.write(each.previous().toBytes());
    }
    return bytes.toByteArray();
  }

  /** Gives up what is not finished. */
  @Override
  public void close() {
    deflater.end();
    try {
      channel.close();
      Files.deleteIfExists(unfinished);
    } catch (IOException e) {
      throw new ArchiveException("%s cannot be deleted: %s".formatted(unfinished, e), e);
    }
  }
}
