package twin.core.audit;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.EventHash;
import twin.core.machine.MachineTwin;
import twin.core.store.EventStore;
import twin.core.store.JournalCensus;

/**
 * Makes seals: reads where each machine's chain ends, signs the root over all of it, and puts both
 * where the database cannot reach them. The heads are each of some moment while the seal is made,
 * which is enough: a head that was true once must be in its machine's chain for ever.
 *
 * <p>Its methods wait for the disk and the database. One thread uses it at a time.
 */
public final class Sealing {
  private static final Logger log = LoggerFactory.getLogger(Sealing.class);

  private final JournalCensus census;
  private final AuditSettings settings;
  private final @Nullable SealOutlet outlet;
  private final InstantSource clock;
  private final SealFolder folder;
  private @Nullable SealKey key;

  /**
   * Makes nothing yet, not even the key.
   *
   * @param outlet null where there is none
   */
  public Sealing(
      JournalCensus census,
      AuditSettings settings,
      @Nullable SealOutlet outlet,
      InstantSource clock) {
    this.census = census;
    this.settings = settings;
    this.outlet = outlet;
    this.clock = clock;
    this.folder = new SealFolder(settings.folder());
  }

  /** When the newest seal was made; empty before the first. */
  public Optional<Instant> newest() {
    try {
      return folder.newest().map(Seal::sealedAt);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Makes a seal, then publishes it and what could not be published before. That publishing fails
   * is told in the log and tried again with the next seal.
   *
   * @throws AuditException when the folder or the key cannot be used
   * @throws twin.core.store.StoreException when the database does not answer
   */
  public Seal seal() {
    try {
      SealKey signing = prepared();
      Optional<Seal> before = folder.newest();
      MerkleTree tree = writeHeads();
      Seal seal =
          signing.sign(
              new Seal(
                  before.map(Seal::log).orElseGet(Sealing::newLog),
                  before.map(Seal::number).orElse(0L) + 1,
                  clock.instant().truncatedTo(ChronoUnit.MILLIS),
                  tree.leaves(),
                  tree.root(),
                  before.map(Seal::hash).orElse(Seal.NONE),
                  signing.verifying().id(),
                  ""));
      folder.add(seal);
      folder.prune(settings.headsMax(), settings.headsFor(), clock.instant());
      publish();
      return seal;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private AuditException failed(IOException e) {
    return new AuditException(
        "seals cannot be kept in %s (twin.audit.folder): %s".formatted(settings.folder(), e), e);
  }

  private static String newLog() {
    return UUID.randomUUID().toString();
  }

  private SealKey prepared() throws IOException {
    SealKey present = key;
    if (present == null) {
      present = SealKey.openOrMake(settings.privateKey());
      log.info(
          "seals are signed by key {}; keep a copy of {} where nobody here can change it",
          present.verifying().id(),
          settings.folder().resolve(SealFolder.KEYS).resolve(present.verifying().id() + ".pem"));
      key = present;
    }
    folder.prepare(present.verifying());
    return present;
  }

  private MerkleTree writeHeads() throws IOException {
    String prefix = MachineTwin.persistenceId("").id();
    try (HeadsFile.Writer heads = new HeadsFile.Writer(folder.unfinished())) {
      String after = "";
      while (true) {
        List<JournalCensus.Newest> page = join(census.newest(prefix, after, settings.page()));
        for (JournalCensus.Newest each : page) {
          if (each.newest().isPresent() && Head.isId(each.machineId())) {
            EventStore.Stored event = each.newest().get();
            heads.add(
                new Head(
                    each.machineId(),
                    event.revision(),
                    EventHash.ofEvent(event.manifest(), event.payload())));
          }
        }
        if (page.size() < settings.page()) {
          return heads.tree();
        }
        after = page.getLast().machineId();
      }
    }
  }

  private void publish() throws IOException {
    SealOutlet out = outlet;
    if (out == null) {
      return;
    }
    for (Seal seal : folder.after(folder.published(), settings.publishMax())) {
      try {
        out.publish(seal)
            .toCompletableFuture()
            .orTimeout(settings.publishTimeout().toMillis(), TimeUnit.MILLISECONDS)
            .join();
      } catch (CompletionException e) {
        log.warn(
            "seal {} could not be published and will be with the next: {}",
            seal.number(),
            String.valueOf(e.getCause()));
        return;
      }
      folder.published(seal.number());
    }
  }

  /** How long until the next seal is due. */
  Duration untilDue(Duration every) {
    return newest()
        .map(last -> Duration.between(clock.instant(), last.plus(every)))
        .filter(Duration::isPositive)
        .orElse(Duration.ZERO);
  }

  static <T> T join(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
