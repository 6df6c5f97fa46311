package twin.core.audit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import twin.core.machine.MachineSerializer;
import twin.core.machine.MachineTwin;
import twin.core.store.EventStore;
import twin.core.store.JournalCensus;
import twin.core.store.StoreException;

/**
 * Checks that the journal holds what was recorded: each machine's chain of events, each snapshot,
 * and every head that a seal knows. It reads page by page, one machine after another, and goes on
 * when one is broken.
 *
 * <p>Its methods wait for the database and the disk. One object checks once.
 */
public final class Verification {

  private final EventStore store;
  private final JournalCensus census;
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
  private long genuineSeals;
  private long sealedHeads;

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
      EventStore store,
      JournalCensus census,
      @Nullable KeptSeals seals,
      AuditSettings settings,
      AuditProgress progress) {
    this.store = store;
    this.census = census;
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
      check(machineId, heads.take(machineId), true);
      return report();
    } catch (IOException e) {
      throw unreadable(e);
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
      progress.of(Sealing.join(census.machines()));
      Set<String> unlisted = new HashSet<>();
      String after = "";
      boolean more = true;
      while (more && progress.goesOn()) {
        List<String> page = Sealing.join(census.machines(after, settings.page()));
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
          Sealing.join(census.journals(prefix, after, settings.page()));
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
      MachineCheck check =
          new MachineCheck(
              machineId,
              findings,
              sealed,
              snapshotRevisions,
              revision ->
                  Sealing.join(store.snapshot(persistenceId, revision))
                      .filter(found -> found.revision() == revision));
      if (read(persistenceId, check, alone)) {
        check.end();
      }
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
      List<EventStore.Stored> page =
          Sealing.join(store.events(persistenceId, next, Long.MAX_VALUE, settings.page()));
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

  private long lastRevision(String persistenceId) {
    return Sealing.join(census.lastRevision(persistenceId)).orElse(0L);
  }

  private NavigableSet<Long> snapshotsOf(String persistenceId) {
    NavigableSet<Long> revisions = new TreeSet<>();
    List<Long> page;
    do {
      page =
          Sealing.join(
              census.snapshots(
                  persistenceId, revisions.isEmpty() ? 0 : revisions.last(), settings.page()));
      revisions.addAll(page);
    } while (page.size() == settings.page());
    return revisions;
  }

  private void oddRows(String machineId, String persistenceId) {
    for (JournalCensus.Odd odd :
        Sealing.join(census.odd(persistenceId, MachineSerializer.IDENTIFIER, settings.toldMax()))) {
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

  /** The seals that a node keeps; empty before its first. */
  public static Optional<KeptSeals> kept(AuditSettings settings) {
    Path folder = settings.folder();
    return Files.isRegularFile(folder.resolve(SealFolder.SEALS))
        ? Optional.of(KeptSeals.at(folder, List.of()))
        : Optional.empty();
  }
}
