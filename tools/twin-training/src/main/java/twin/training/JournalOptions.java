package twin.training;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Where the journal is: that of a demo on this machine, or of any database. */
final class JournalOptions {
  /** Where bundles are, relative to where the program lies. */
  static final String MODELS = "twin.models.folder";

  /** Where bundles are that came from elsewhere; empty: there, too. */
  static final String FETCHED = "twin.models.fetched-folder";

  private static final int PORT_LINE = 3;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = {
        "The configuration of a node, for its database and folders; -: one line from stdin, whose",
        "end then ends the training."
      })
  private @Nullable Path config;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description = {
        "The database, such as jdbc:postgresql://HOST/twin; user and password from",
        "TWIN_DATABASE_USER and TWIN_DATABASE_PASSWORD."
      })
  private @Nullable String database;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "The data of a demo that runs now (default: ./data, beside the program).")
  private @Nullable Path dataDirectory;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Where bundles are (default model-artifacts/models, beside the program).")
  private @Nullable Path models;

  /** The whole configuration: what was chosen, then the environment, then what is usual. */
  Config config() throws IOException {
    Map<String, Object> chosen = new HashMap<>();
    Config given = ConfigFactory.empty();
    Path file = config;
    if (file != null) {
      given = read(file);
    } else if (database == null) {
      fromDemo(dataDirectory == null ? home().resolve("data") : dataDirectory, chosen);
    }
    if (database != null) {
      chosen.put("twin.database.url", database);
    }
    if (models != null) {
      chosen.put(MODELS, models.toAbsolutePath().toString());
    }
    return ConfigFactory.parseMap(chosen)
        .withFallback(given)
        .withFallback(ConfigFactory.parseResources("twin-environment.conf"))
        .withFallback(ConfigFactory.parseResources("twin-types.conf"))
        .withFallback(ConfigFactory.parseMap(Map.of(MODELS, "model-artifacts/models", FETCHED, "")))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  private static Config read(Path file) throws IOException {
    if (!file.toString().equals("-")) {
      if (!Files.isReadable(file)) {
        throw new IllegalArgumentException("--config %s cannot be read".formatted(file));
      }
      return ConfigFactory.parseFile(file.toFile());
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = in.readLine();
    if (line == null) {
      throw new IllegalArgumentException("--config -: nothing came over stdin");
    }
    Thread.ofPlatform().name("stdin").daemon().start(() -> endWith(in));
    return ConfigFactory.parseString(line);
  }

  /** Whoever gave the configuration waits for the answer: without them nobody wants it. */
  private static void endWith(Reader in) {
    try {
      while (in.read() >= 0) {
        // Nothing more is expected.
      }
    } catch (IOException e) {
      // The same as its end.
    }
    Runtime.getRuntime().halt(CommandLine.ExitCode.SOFTWARE);
  }

  /** PostgreSQL writes its port beside the data, and the demo its password. */
  private static void fromDemo(Path directory, Map<String, Object> chosen) throws IOException {
    Path postgres = directory.resolve("postgres");
    Path running = postgres.resolve("data/postmaster.pid");
    if (!Files.isReadable(running)) {
      throw new IllegalArgumentException(
          "no demo runs in %s; say --data-dir DIR, --database URL or --config FILE"
              .formatted(directory));
    }
    List<String> lines = Files.readAllLines(running);
    if (lines.size() <= PORT_LINE) {
      throw new IllegalArgumentException(
          "the database in %s is only just starting; try again".formatted(directory));
    }
    chosen.put(
        "twin.database.url", "jdbc:postgresql://127.0.0.1:%s/twin".formatted(lines.get(PORT_LINE)));
    chosen.put("twin.database.user", "twin");
    chosen.put("twin.database.password", Files.readString(postgres.resolve("password")).strip());
    chosen.put("twin.archive.folder", directory.toAbsolutePath().resolve("archive").toString());
  }

  /** Where the program lies: what the launcher says, else the present directory. */
  static Path home() {
    return Path.of(System.getProperty("twin.home", ""));
  }
}
