package twin.app;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import twin.core.archive.Archive;
import twin.core.archive.ArchiveSettings;
import twin.core.audit.AuditProgress;
import twin.core.audit.AuditSettings;
import twin.core.audit.KeptSeals;
import twin.core.audit.Sealer;
import twin.core.audit.Sealing;
import twin.core.audit.Verification;
import twin.core.audit.VerifyingKey;
import twin.core.store.ArchiveTable;
import twin.core.store.Database;
import twin.core.store.JournalCensus;
import twin.core.store.JournalTable;
import twin.core.store.ReadSideSettings;
import twin.http.audit.Audits;
import twin.ingest.kafka.SealTopic;

/** Seals the journal of a node's database, and checks it. */
public final class JournalAudit implements Audits {

  private static final String DISPATCHER = "twin.audit-dispatcher";

  private final Verification.Journal journal;
  private final AuditSettings settings;
  private final Executor blocking;

  private JournalAudit(Verification.Journal journal, AuditSettings settings, Executor blocking) {
    this.journal = journal;
    this.settings = settings;
    this.blocking = blocking;
  }

  /** Seals from now on, on one node of the cluster. */
  static JournalAudit start(
      ActorSystem<?> system, Config config, Database database, InstantSource clock) {
    Executor blocking = system.dispatchers().lookup(DispatcherSelector.fromConfig(DISPATCHER));
    AuditSettings settings = AuditSettings.from(config, NodeConfig::path);
    Executor files = system.dispatchers().lookup(DispatcherSelector.blocking());
    Optional<SealTopic> topic = SealTopic.from(config, files);
    topic.ifPresent(
        open ->
            CoordinatedShutdown.get(system)
                .addTask(
                    CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
                    "close-seal-topic",
                    () -> CompletableFuture.supplyAsync(() -> closed(open), files)));
    Sealer.start(
        system,
        new Sealing(new JournalCensus(database), settings, topic.orElse(null), clock),
        settings);
    return new JournalAudit(journal(config, database, files), settings, blocking);
  }

  private static Done closed(SealTopic topic) {
    topic.close();
    return Done.getInstance();
  }

  /**
   * What there is to be checked.
   *
   * @param files runs what reads files of the archive
   */
  public static Verification.Journal journal(Config config, Database database, Executor files) {
    ArchiveSettings archive =
        ArchiveSettings.of(config.getConfig("twin.archive"), NodeConfig.path(""));
    ArchiveTable table = new ArchiveTable(database, ReadSideSettings.from(config), List.of());
    return new Verification.Journal(
        new Archive(new JournalTable(database), table, archive.folder(), files),
        new JournalCensus(database),
        table,
        archive.folder(),
        archive.keepBytes() > 0);
  }

  @Override
  public CompletionStage<Verification.Report> verify(Wanted wanted, AuditProgress progress) {
    return CompletableFuture.supplyAsync(
        () -> {
          Verification verification =
              new Verification(journal, seals(wanted).orElse(null), settings, progress);
          return wanted.machineId().map(verification::machine).orElseGet(verification::all);
        },
        blocking);
  }

  private Optional<KeptSeals> seals(Wanted wanted) {
    List<VerifyingKey> trusted = wanted.publicKey().map(VerifyingKey::of).stream().toList();
    Path folder = settings.folder();
    return wanted.seals().isEmpty()
        ? KeptSeals.in(folder, trusted)
        : Optional.of(KeptSeals.sent(wanted.seals(), folder, trusted));
  }
}
