package twin.app.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.app.NodeConfig;
import twin.core.inference.BundleName;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.registry.BundleFiles;
import twin.core.registry.BundleRegistry;
import twin.core.registry.FolderRegistry;
import twin.core.registry.Pointer;
import twin.core.registry.RegistryException;
import twin.core.registry.RegistrySettings;

/** Bundles between this program's folder and the registry, without a node. */
final class ModelCopying {

  /** Something was asked that cannot be, or the registry cannot be. */
  private static final int CANNOT = 2;

  private ModelCopying() {}

  /** Where bundles are, and how the outcome is told. */
  static final class Places {

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description =
            "A configuration whose folder and registry are meant (default: the program's own, with"
                + " TWIN_REGISTRY_... and TWIN_MLFLOW_... of the environment).")
    private @Nullable Path config;

    @Option(
        names = "--folder",
        paramLabel = "DIR",
        description = "A folder TYPE/VERSION/ instead of the one that the configuration names.")
    private @Nullable Path folder;

    @Option(names = "--json", description = "The outcome as one JSON document.")
    private boolean json;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    private @Nullable Config read;
    private final ArrayNode told = JsonNodeFactory.instance.arrayNode();

    private Config config() {
      Config known = read;
      if (known == null) {
        Path file = config;
        if (file != null && !Files.isReadable(file)) {
          throw misused("--config %s cannot be read".formatted(file));
        }
        try {
          known =
              NodeConfig.with(
                  file == null
                      ? ConfigFactory.parseResources("twin-environment.conf")
                      : ConfigFactory.parseFile(file.toFile()));
        } catch (ConfigException e) {
          throw misused(String.valueOf(e.getMessage()));
        }
        read = known;
      }
      return known;
    }

    CommandLine.ParameterException misused(String message) {
      return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    RegistrySettings settings() {
      try {
        return RegistrySettings.of(config().getConfig("twin.models.registry"));
      } catch (ConfigException | IllegalArgumentException e) {
        throw misused(String.valueOf(e.getMessage()));
      }
    }

    FolderRegistry folder() {
      Path given = folder;
      return new FolderRegistry(
          given == null ? NodeConfig.modelFolders(config()) : List.of(given),
          settings().limits().bundlesMax());
    }

    BundleRegistry registry() {
      Optional<BundleRegistry> registry;
      try {
        registry = settings().open(NodeConfig.home(), InstantSource.system());
      } catch (ConfigException | IllegalArgumentException e) {
        throw misused(String.valueOf(e.getMessage()));
      }
      return registry.orElseThrow(
          () ->
              misused(
                  "there is no registry; say where bundles are kept with twin.models.registry, or"
                      + " TWIN_REGISTRY_KIND and what goes with it"));
    }

    List<BundleName> named(List<String> labels) {
      List<BundleName> names = new ArrayList<>();
      for (String label : labels) {
        try {
          names.add(BundleName.parse(label));
        } catch (IllegalArgumentException e) {
          throw misused(String.valueOf(e.getMessage()));
        }
      }
      return names;
    }

    /** Reads and checks a bundle whole. */
    BundleFiles checked(BundleRegistry from, BundleName name)
        throws RegistryException, InterruptedException {
      BundleFiles files = BundleFiles.read(from, name, settings().limits());
      files.verify(OnnxSettings.defaults());
      return files;
    }

    void tell(BundleName name, String outcome, String detail) {
      ObjectNode each = told.addObject();
      each.put("model", name.label()).put("outcome", outcome).put("detail", detail);
      if (!json) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%-28s %-10s %s%n", name, outcome, detail);
        out.flush();
      }
    }

    int ended(int status) {
      if (json) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(told);
        out.flush();
      }
      return status;
    }

    /** A bundle that is not as it should be is told and does not keep the others back. */
    int failed(BundleName name, RegistryException e, int before) {
      boolean good =
          switch (e.reason()) {
            case DAMAGED, TAKEN, TOO_LARGE -> true;
            case MISSING, FORBIDDEN, UNAVAILABLE -> false;
          };
      tell(name, good ? "refused" : "failed", String.valueOf(e.getMessage()));
      return Math.max(before, good ? CommandLine.ExitCode.SOFTWARE : CANNOT);
    }

    int cannot(RegistryException e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("twin: " + e.getMessage());
      err.flush();
      return CANNOT;
    }
  }

  /** From the registry into the folder. */
  @Command(
      name = "pull",
      description = {
        "Copies bundles from the registry into this program's folder, each checked whole.",
        "Exit status 0: they are there; 1: a bundle was refused; 2: it could not be done."
      },
      mixinStandardHelpOptions = true)
  static final class Pull implements Callable<Integer> {

    @Parameters(
        paramLabel = "TYPE[:VERSION]",
        arity = "0..*",
        description =
            "Which ones (default: all). Without a version: the one that the registry's pointer"
                + " latest names, else the highest.")
    private List<String> wanted = List.of();

    @Mixin private Places places = new Places();

    @Override
    public Integer call() throws InterruptedException {
      int status = CommandLine.ExitCode.OK;
      try (BundleRegistry registry = places.registry()) {
        FolderRegistry folder = places.folder();
        for (BundleName name : names(registry)) {
          try {
            boolean came = places.checked(registry, name).publish(folder);
            places.tell(name, came ? "pulled" : "present", folder.place());
          } catch (RegistryException e) {
            status = places.failed(name, e, status);
          }
        }
      } catch (RegistryException e) {
        return places.cannot(e);
      }
      return places.ended(status);
    }

    private List<BundleName> names(BundleRegistry registry)
        throws RegistryException, InterruptedException {
      if (wanted.isEmpty()) {
        return registry.list();
      }
      List<BundleName> names = new ArrayList<>();
      for (String each : wanted) {
        if (each.contains(":")) {
          names.addAll(places.named(List.of(each)));
        } else if (!BundleName.isPlain(each)) {
          throw places.misused("'%s' is no machine type".formatted(each));
        } else {
          names.add(latest(registry, each));
        }
      }
      return names;
    }

    private BundleName latest(BundleRegistry registry, String type)
        throws RegistryException, InterruptedException {
      Optional<String> pointed = registry.pointed(type, Pointer.LATEST);
      return pointed.isPresent()
          ? new BundleName(type, pointed.get())
          : registry.list().stream()
              .filter(name -> name.type().equals(type))
              .findFirst()
              .orElseThrow(
                  () ->
                      places.misused(
                          "%s has no bundle of type %s".formatted(registry.place(), type)));
    }
  }

  /** From the folder into the registry. */
  @Command(
      name = "push",
      description = {
        "Publishes bundles of this program's folder to the registry, each checked whole before.",
        "A version never changes there. The pointer latest follows the highest version.",
        "Exit status 0: they are there; 1: a bundle was refused; 2: it could not be done."
      },
      mixinStandardHelpOptions = true)
  static final class Push implements Callable<Integer> {

    @Parameters(paramLabel = "TYPE:VERSION", arity = "1..*", description = "Which ones.")
    private List<String> wanted = List.of();

    @Mixin private Places places = new Places();

    @Override
    public Integer call() throws InterruptedException {
      int status = CommandLine.ExitCode.OK;
      try (BundleRegistry registry = places.registry()) {
        FolderRegistry folder = places.folder();
        for (BundleName name : places.named(wanted)) {
          try {
            boolean published = places.checked(folder, name).publish(registry);
            Optional<String> latest = registry.pointed(name.type(), Pointer.LATEST);
            if (latest.isEmpty()
                || BundleName.BY_VERSION.compare(latest.get(), name.version()) < 0) {
              registry.point(name, Pointer.LATEST);
            }
            places.tell(name, published ? "pushed" : "present", registry.place());
          } catch (RegistryException e) {
            status = places.failed(name, e, status);
          }
        }
      }
      return places.ended(status);
    }
  }

  /** Whether bundles are what they say. */
  @Command(
      name = "verify",
      description = {
        "Compares bundles with their manifests, loads them, and has them answer their golden"
            + " inputs.",
        "Exit status 0: all are good; 1: one is not; 2: it could not be found out."
      },
      mixinStandardHelpOptions = true)
  static final class Verify implements Callable<Integer> {

    @Parameters(
        paramLabel = "TYPE:VERSION",
        arity = "0..*",
        description = "Which ones (default: all).")
    private List<String> wanted = List.of();

    @Option(names = "--registry", description = "Those of the registry instead of the folder's.")
    private boolean inRegistry;

    @Mixin private Places places = new Places();

    @Override
    public Integer call() throws InterruptedException {
      int status = CommandLine.ExitCode.OK;
      try (BundleRegistry from = inRegistry ? places.registry() : places.folder()) {
        for (BundleName name : wanted.isEmpty() ? from.list() : places.named(wanted)) {
          try {
            BundleFiles files = places.checked(from, name);
            places.tell(name, "good", files.sha256());
          } catch (RegistryException e) {
            status = places.failed(name, e, status);
          }
        }
      } catch (RegistryException e) {
        return places.cannot(e);
      }
      return places.ended(status);
    }
  }
}
