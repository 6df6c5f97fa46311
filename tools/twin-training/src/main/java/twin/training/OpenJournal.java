package twin.training;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import twin.core.archive.Archive;
import twin.core.archive.ArchiveSettings;
import twin.core.history.MachineJournal;
import twin.core.inference.ModelSession;
import twin.core.inference.StoredBundle;
import twin.core.inference.onnx.ModelFolder;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.machine.MachineTwin;
import twin.core.store.ArchiveTable;
import twin.core.store.Database;
import twin.core.store.DatabaseSettings;
import twin.core.store.FleetFilter;
import twin.core.store.FleetQuery;
import twin.core.store.FleetRow;
import twin.core.store.FleetTable;
import twin.core.store.JournalCensus;
import twin.core.store.JournalTable;
import twin.core.store.MachineTypeTable;
import twin.core.store.ModelChoice;
import twin.core.store.ModelChoiceTable;
import twin.core.store.Page;
import twin.core.store.ReadSideSettings;
import twin.core.store.SiteScope;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeJson;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.training.lived.Past;

/** The journal, the types and the bundles of a program, open to be read and never written. */
final class OpenJournal implements AutoCloseable {
  private static final int PAGE = 500;
  private static final Pattern VERSION = Pattern.compile("([0-9]+)\\.([0-9]+)(\\..*)?");

  private final Config config;
  private final Database database;
  private final ModelFolder bundles;
  private final ActorSystem<Void> system;

  private OpenJournal(
      Config config, Database database, ModelFolder bundles, ActorSystem<Void> system) {
    this.config = config;
    this.database = database;
    this.bundles = bundles;
    this.system = system;
  }

  static OpenJournal open(Config config) {
    Database database = Database.openToRead(DatabaseSettings.from(config));
    ModelFolder bundles =
        ModelFolder.open(
            Stream.of(JournalOptions.MODELS, JournalOptions.FETCHED)
                .map(config::getString)
                .filter(folder -> !folder.isEmpty())
                .map(JournalOptions.home()::resolve)
                .distinct()
                .toList(),
            OnnxSettings.defaults());
    Config quiet =
        ConfigFactory.parseString(
            "pekko.loglevel = WARNING, pekko.stdout-loglevel = WARNING,"
                + " pekko.coordinated-shutdown.exit-jvm = off");
    return new OpenJournal(
        config,
        database,
        bundles,
        ActorSystem.create(Behaviors.empty(), "training", quiet.withFallback(config)));
  }

  /** A type as it is now. */
  MachineType type(String name) {
    MachineTypes types = MachineTypeReader.readAll(config.getConfig("twin.types"));
    for (MachineTypeTable.Row row : await(new MachineTypeTable(database).all())) {
      types = types.with(MachineTypeJson.read(row.name(), row.json()));
    }
    MachineTypes known = types;
    return known
        .find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no machine type '%s'; known are %s"
                        .formatted(
                            name,
                            String.join(
                                ", ", known.all().stream().map(MachineType::name).toList()))));
  }

  /** Everything that machines have lived through, in the database and in the archive. */
  Past past() {
    ArchiveSettings archive =
        ArchiveSettings.of(config.getConfig("twin.archive"), JournalOptions.home());
    Archive events =
        new Archive(
            new JournalTable(database),
            new ArchiveTable(database, ReadSideSettings.from(config), List.of()),
            archive.folder(),
            ForkJoinPool.commonPool());
    FleetTable fleet = new FleetTable(database);
    JournalCensus census = new JournalCensus(database);
    return new Past(
        system,
        new MachineJournal(
            system, events, DatabaseSettings.from(config).reads().statementTimeout()),
        new Past.Fleet() {
          @Override
          public List<String> machines(String type) {
            return OpenJournal.machines(fleet, type);
          }

          @Override
          public long lastRevision(String machineId) {
            return await(census.lastRevision(MachineTwin.persistenceId(machineId).id())).orElse(0L);
          }
        });
  }

  private static List<String> machines(FleetTable fleet, String type) {
    FleetFilter ofType =
        new FleetFilter(type, null, null, null, null, null, null, null, null, SiteScope.ALL);
    List<String> machines = new ArrayList<>();
    FleetQuery query = new FleetQuery(ofType, FleetQuery.Sort.ID, PAGE, null);
    while (true) {
      Page<FleetRow> page = await(fleet.page(query));
      page.items().forEach(row -> machines.add(row.machineId()));
      if (page.nextCursor() == null) {
        return machines;
      }
      query = query.from(page.nextCursor());
    }
  }

  /** The bundle that decides for a type, or one of its versions. */
  @Nullable ModelSession champion(String type, @Nullable String version) {
    if (version != null) {
      return bundles
          .bundle(type, version)
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "there is no bundle %s:%s that can be opened".formatted(type, version)));
    }
    for (ModelChoice choice : await(new ModelChoiceTable(database).all())) {
      String chosen = choice.champion();
      if (choice.ofType() && choice.machineType().equals(type) && chosen != null) {
        return bundles
            .bundle(type, chosen)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "%s:%s decides and is not in the folder of bundles; say --models DIR"
                            .formatted(type, chosen)));
      }
    }
    return bundles.champion(type, "").orElse(null);
  }

  /** The minor version after the highest of a type; 1.0.0 where there is none. */
  String nextVersion(String type) {
    int major = 1;
    int minor = -1;
    for (StoredBundle bundle : bundles.stored()) {
      Matcher version = VERSION.matcher(bundle.version());
      if (bundle.type().equals(type) && version.matches()) {
        int itsMajor = Integer.parseInt(version.group(1));
        int itsMinor = Integer.parseInt(version.group(2));
        if (itsMajor > major || (itsMajor == major && itsMinor > minor)) {
          major = itsMajor;
          minor = itsMinor;
        }
      }
    }
    return "%d.%d.0".formatted(major, minor + 1);
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  @Override
  public void close() {
    system.terminate();
    bundles.close();
    database.close();
  }
}
