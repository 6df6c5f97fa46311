package twin.core.audit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import twin.core.archive.ArchiveException;
import twin.core.machine.MachineSerializer;
import twin.core.machine.MachineTwin;
import twin.core.store.ArchiveTable;
import twin.core.store.EventStore;
import twin.core.store.JournalCensus;
import twin.core.store.Segment;
import twin.core.store.StoreException;

/**
 * Checks that the journal holds what was recorded: each machine's chain of events, each snapshot,
 * and every head that a seal knows. It reads page by page, one machine after another, and goes on
 * when one is broken.
 *
 * <p>Its methods wait for the database and the disk. One object checks once.
 */
public final class Verification {

  private final Journal journal;
  private final @Nullable KeptSeals seals;
  private final AuditSettings settings;
  private final AuditProgress progress;
  private final Findings findings;
  private final List<String> notes = new ArrayList<>();
  private Set<String> keys = Set.of();
  private long machines;
  private long broken;
  private long events;
  private long snapshots;
  private long forgotten;
  private long genuineSeals;
  private long sealedHeads;

  /**
   * What is checked.
   *
   * @param events the events wherever they stand
   * @param census whose they are
   * @param archive which of them are in files
   * @param archiveFolder where these lie
   * @param forgets whether the archive deletes its oldest files (twin.archive.keep-bytes)
   */
  public record Journal(
      EventStore events,
      JournalCensus census,
      ArchiveTable archive,
      Path archiveFolder,
      boolean forgets) {}

  /**
   * What came out.
   *
   * @param machines how many machines were looked at
   * @param broken how many of them are not whole
   * @param events how many events were read
   * @param snapshots how many snapshots were compared with what the events lead to
   * @param seals how many seals are genuine
   * @param sealedHeads how many of the heads they are over were looked for in the journal
   * @param keys who signed the seals
   * @param counts how many findings there are of each kind
   * @param findings the first of them
   * @param notes what was not looked at
   */
  public record Report(
      long machines,
      long broken,
      long events,
      long snapshots,
      long seals,
      long sealedHeads,
      Set<String> keys,
      Map<Finding.Kind, Long> counts,
      List<Finding> findings,
      List<String> notes) {
    public Report {
      keys = Collections.unmodifiableSet(new TreeSet<>(keys));
      counts = Collections.unmodifiableMap(new TreeMap<>(counts));
      findings = List.copyOf(findings);
      notes = List.copyOf(notes);
    }

    /** Whether everything is as it was recorded, as far as it was looked at. */
    public boolean whole() {
      return counts.isEmpty();
    }
  }

  /**
   * A check.
   *
   * @param seals null to look at none
   */
  public Verification(
      Journal journal, @Nullable KeptSeals seals, AuditSettings settings, AuditProgress progress) {
    this.journal = journal;
    this.seals = seals;
    this.settings = settings;
    this.progress = progress;
    this.findings = new Findings(settings.toldMax());
  }

  /**
   * Checks one machine, and the seals.
   *
   * @throws AuditException when seals or keys cannot be read
   * @throws StoreException when the database does not answer
   */
  public Report machine(String machineId) {
    try (SealedHeads heads = sealedHeads()) {
      var sealed = heads.take(machineId);
      requireHeardOf(machineId, sealed.isEmpty());
      check(machineId, sealed, true);
      return report();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** A name that nobody knows is a slip of the pen, and no machine whose history is gone. */
  private void requireHeardOf(String machineId, boolean unsealed) {
    if (unsealed
        && !Sealing.join(journal.census().has(machineId))
        && Sealing.join(
                journal
                    .events()
                    .events(MachineTwin.persistenceId(machineId).id(), 1, Long.MAX_VALUE, 1))
            .isEmpty()) {
      throw new AuditException("there is no machine '%s'".formatted(machineId));
    }
  }

  /**
   * Checks all machines that the fleet, a seal or the journal knows, and the seals.
   *
   * @throws AuditException when seals or keys cannot be read
   * @throws StoreException when the database does not answer
   */
  public Report all() {
    try (SealedHeads heads = sealedHeads()) {
      progress.of(Sealing.join(journal.census().machines()));
      Set<String> unlisted = new HashSet<>();
      String after = "";
      boolean more = true;
      while (more && progress.goesOn()) {
        List<String> page = Sealing.join(journal.census().machines(after, settings.page()));
        for (String each : page) {
          sealedBefore(each, heads, unlisted);
          check(each, heads.take(each), false);
        }
        more = page.size() == settings.page();
        after = page.isEmpty() ? after : page.getLast();
      }
      sealedBefore(null, heads, unlisted);
      unlisted(unlisted);
      return report();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private static AuditException unreadable(IOException e) {
    return new AuditException("the sealed heads cannot be read any more: " + e, e);
  }

  private SealedHeads sealedHeads() throws IOException {
    KeptSeals kept = seals;
    Map<Seal, Path> files = Map.of();
    if (kept == null) {
      notes.add("no seals were looked at: cut tails and rewritten histories are not found");
    } else {
      KeptSeals.Checked checked = kept.check(findings);
      genuineSeals = checked.seals();
      keys = checked.keys();
      files = checked.files();
      notes.addAll(checked.notes());
      if (files.isEmpty()) {
        notes.add("no sealed heads were compared: cut tails and rewritten histories are not found");
      }
    }
    return SealedHeads.open(files);
  }

  /** Machines that seals know and the fleet has not, up to the next one that it has. */
  private void sealedBefore(@Nullable String next, SealedHeads heads, Set<String> unlisted)
      throws IOException {
    for (String sealed = heads.peek();
        sealed != null && (next == null || sealed.compareTo(next) < 0) && progress.goesOn();
        sealed = heads.peek()) {
      unlisted.add(sealed);
      check(sealed, heads.take(sealed), false);
    }
  }

  /** Journals of machines that the fleet does not have, or not yet. */
  private void unlisted(Set<String> checked) {
    String prefix = MachineTwin.persistenceId("").id();
    String after = "";
    boolean more = true;
    while (more && progress.goesOn()) {
      List<JournalCensus.Journal> page =
          Sealing.join(journal.census().journals(prefix, after, settings.page()));
      for (JournalCensus.Journal each : page) {
        if (!each.listed() && each.persistenceId().startsWith(prefix)) {
          String machineId = MachineTwin.machineId(each.persistenceId());
          if (!checked.contains(machineId)) {
            check(machineId, new TreeMap<>(), false);
          }
        }
      }
      more = page.size() == settings.page();
      after = page.isEmpty() ? after : page.getLast().persistenceId();
    }
  }

  private void check(String machineId, NavigableMap<Long, List<SealedHead>> sealed, boolean alone) {
    if (!progress.goesOn()) {
      return;
    }
    long before = findings.all();
    machines++;
    try {
      String persistenceId = MachineTwin.persistenceId(machineId).id();
      // What is there when this begins: what comes later is not expected of the events read before.
      NavigableSet<Long> snapshotRevisions = snapshotsOf(persistenceId);
      oddRows(machineId, persistenceId);
      archiveFiles(machineId, persistenceId);
      MachineCheck check =
          new MachineCheck(
              machineId,
              findings,
              sealed,
              snapshotRevisions,
              revision ->
                  Sealing.join(journal.events().snapshot(persistenceId, revision))
                      .filter(found -> found.revision() == revision),
              journal.forgets());
      if (read(persistenceId, check, alone)) {
        check.end();
      }
      forgotten += check.forgotten() > 0 ? 1 : 0;
      events += check.events();
      snapshots += check.snapshotsCompared();
      sealedHeads += check.compared();
    } catch (StoreException e) {
      throw e;
    } catch (RuntimeException e) {
      findings.add(machineId, 0, Finding.Kind.NOT_CHECKED, "the check failed on it: " + e);
    }
    if (findings.all() > before) {
      broken++;
    }
    if (!alone) {
      progress.reached(machines);
    }
  }

  /** Whether it came to the end. */
  private boolean read(String persistenceId, MachineCheck check, boolean alone) {
    if (alone) {
      // How far there is to go is not worth a query of its own kind.
      progress.of(Math.max(1, lastRevision(persistenceId)));
    }
    long next = 1;
    while (progress.goesOn()) {
      Optional<List<EventStore.Stored>> found = page(persistenceId, next);
      if (found.isEmpty()) {
        next = behindArchiveFile(persistenceId, next);
        check.skip(next - 1);
        continue;
      }
      List<EventStore.Stored> page = found.get();
      for (EventStore.Stored event : page) {
        check.add(event);
      }
      if (page.size() < settings.page()) {
        return true;
      }
      next = page.getLast().revision() + 1;
      if (alone) {
        progress.reached(check.revision());
      }
    }
    return false;
  }

  /** Empty when they are in a file that cannot be read. */
  private Optional<List<EventStore.Stored>> page(String persistenceId, long first) {
    try {
      return Optional.of(
          Sealing.join(
              journal.events().events(persistenceId, first, Long.MAX_VALUE, settings.page())));
    } catch (ArchiveException e) {
      return Optional.empty();
    }
  }

  /** The revision behind the file that holds a revision. */
  private long behindArchiveFile(String persistenceId, long revision) {
    Segment segment =
        Sealing.join(journal.archive().reaching(persistenceId, revision))
            .orElseThrow(() -> new AuditException("the archive changes while it is read"));
    return segment.lastRevision() + 1;
  }

  private void archiveFiles(String machineId, String persistenceId) {
    long next = 1;
    while (progress.goesOn()) {
      long from = next;
      Optional<Segment> found = Sealing.join(journal.archive().reaching(persistenceId, from));
      if (found.isEmpty()) {
        return;
      }
      Segment segment = found.get();
      digest(segment)
          // Unless it was forgotten while it was read.
          .filter(
              how -> found.equals(Sealing.join(journal.archive().reaching(persistenceId, from))))
          .ifPresent(
              how ->
                  findings.add(
                      machineId,
                      segment.firstRevision(),
                      Finding.Kind.WRONG_ARCHIVE,
                      "the archive file %s with revisions %d to %d %s"
                          .formatted(
                              segment.file(),
                              segment.firstRevision(),
                              segment.lastRevision(),
                              how)));
      next = segment.lastRevision() + 1;
    }
  }

  /** What is wrong with a file; empty when it is the one that was entered. */
  private Optional<String> digest(Segment segment) {
    MessageDigest digest = MerkleTree.sha256();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(journal.archiveFolder().resolve(segment.file()))) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    } catch (IOException e) {
      return Optional.of("cannot be read: " + e);
    }
    return HexFormat.of().formatHex(digest.digest()).equals(segment.sha256())
        ? Optional.empty()
        : Optional.of("is not the one that was entered");
  }

  private long lastRevision(String persistenceId) {
    return Sealing.join(journal.census().lastRevision(persistenceId)).orElse(0L);
  }

  private NavigableSet<Long> snapshotsOf(String persistenceId) {
    NavigableSet<Long> revisions = new TreeSet<>();
    List<Long> page;
    do {
      page =
          Sealing.join(
              journal
                  .census()
                  .snapshots(
                      persistenceId, revisions.isEmpty() ? 0 : revisions.last(), settings.page()));
      revisions.addAll(page);
    } while (page.size() == settings.page());
    return revisions;
  }

  private void oddRows(String machineId, String persistenceId) {
    for (JournalCensus.Odd odd :
        Sealing.join(
            journal
                .census()
                .odd(persistenceId, MachineSerializer.IDENTIFIER, settings.toldMax()))) {
      findings.add(
          machineId,
          odd.revision(),
          Finding.Kind.FOREIGN_ROW,
          odd.deleted()
              ? "it is marked as deleted, so that its twin does not read it"
              : "it is said to be encoded by serializer %d, not by that of twins, %d"
                  .formatted(odd.serializerId(), MachineSerializer.IDENTIFIER));
    }
  }

  private Report report() {
    if (forgotten > 0) {
      notes.add(
          "the oldest events of %d machines were forgotten (twin.archive.keep-bytes): their history is checked from a snapshot on"
              .formatted(forgotten));
    }
    return new Report(
        machines,
        broken,
        events,
        snapshots,
        genuineSeals,
        sealedHeads,
        keys,
        findings.counts(),
        findings.told(),
        notes);
  }
}
