package twin.core.inference.onnx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleName;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.inference.StoredBundle;

/**
 * The bundles of a folder, {@code TYPE/VERSION/}: of each machine type the highest version that can
 * be opened decides. A bundle that cannot be is passed over with its reason in the log, and the
 * next lower one decides. Others are opened when somebody asks for them: to look at the past with
 * the bundle that decided then, or with one that is not trusted yet.
 *
 * <p>Safe for use by many threads. Closing waits for runs under way.
 */
public final class ModelFolder implements Models, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ModelFolder.class);

  /** How many bundles beside the champions are kept open. */
  private static final int OTHERS_MAX = 16;

  private final List<Path> folders;
  private final OnnxSettings settings;
  private final Map<String, OnnxBundle> champions;
  private final Map<Path, OnnxBundle> others = new HashMap<>();
  private final Map<Path, Refusal> refused = new HashMap<>();
  private boolean closed;

  /** Why a bundle was refused; with another manifest it is another bundle. */
  private record Refusal(String manifest, String why) {}

  private ModelFolder(
      List<Path> folders, OnnxSettings settings, Map<String, OnnxBundle> champions) {
    this.folders = List.copyOf(folders);
    this.settings = settings;
    this.champions = champions;
  }

  /**
   * Opens the folder. One that is not there has no bundles.
   *
   * @throws UncheckedIOException when it cannot be read
   */
  public static ModelFolder open(Path folder, OnnxSettings settings) {
    return open(List.of(folder), settings);
  }

  /** Opens several folders as one. Of a bundle that is in two of them the first one's counts. */
  public static ModelFolder open(List<Path> folders, OnnxSettings settings) {
    Map<String, OnnxBundle> champions = new TreeMap<>();
    types(folders)
        .forEach(
            (type, versions) ->
                champion(versions, settings).ifPresent(bundle -> champions.put(type, bundle)));
    if (champions.isEmpty()) {
      LOG.warn("{} has no model bundle that can be used", folders);
    }
    return new ModelFolder(folders, settings, champions);
  }

  private static Optional<OnnxBundle> champion(List<Path> versions, OnnxSettings settings) {
    for (Path version : versions) {
      try {
        OnnxBundle bundle = OnnxBundle.open(version, settings);
        LOG.info("model {} decides", bundle.profile().ref().label());
        return Optional.of(bundle);
      } catch (OnnxException e) {
        LOG.error("model bundle {} is refused: {}", version, e.getMessage());
      }
    }
    return Optional.empty();
  }

  /** The bundles by their types, the highest version first. */
  private static SortedMap<String, List<Path>> types(List<Path> folders) {
    SortedMap<String, SortedMap<String, Path>> found = new TreeMap<>();
    for (Path folder : folders) {
      for (Path type : directories(folder)) {
        SortedMap<String, Path> versions =
            found.computeIfAbsent(
                type.getFileName().toString(),
                name -> new TreeMap<>(BundleName.BY_VERSION.reversed()));
        directories(type)
            .forEach(version -> versions.putIfAbsent(version.getFileName().toString(), version));
      }
    }
    SortedMap<String, List<Path>> types = new TreeMap<>();
    found.forEach((type, versions) -> types.put(type, List.copyOf(versions.values())));
    return types;
  }

  private static List<Path> directories(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      // What is hidden is being put there.
      return entries
          .filter(
              entry -> Files.isDirectory(entry) && !entry.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the models in " + folder + " cannot be read", e);
    }
  }

  @Override
  public Optional<ModelSession> champion(String type, String machineId) {
    return Optional.ofNullable(champions.get(type));
  }

  @Override
  public Optional<ModelSession> bundle(String type, String version) {
    OnnxBundle champion = champions.get(type);
    if (champion != null && champion.profile().ref().version().equals(version)) {
      return Optional.of(champion);
    }
    // The names come from outside, and must not lead out of the folders.
    return types(folders).getOrDefault(type, List.of()).stream()
        .filter(directory -> directory.getFileName().toString().equals(version))
        .findFirst()
        .flatMap(this::other);
  }

  private synchronized Optional<ModelSession> other(Path directory) {
    OnnxBundle present = others.get(directory);
    if (present != null) {
      return Optional.of(present);
    }
    if (closed) {
      return Optional.empty();
    }
    String manifest = manifestDigest(directory);
    Refusal before = refused.get(directory);
    if (before != null && before.manifest().equals(manifest)) {
      return Optional.empty();
    }
    if (others.size() == OTHERS_MAX) {
      String why = OTHERS_MAX + " others are open; start the node again";
      refused.put(directory, new Refusal(manifest, why));
      LOG.warn("{} is not opened: {}", directory, why);
      return Optional.empty();
    }
    try {
      OnnxBundle opened = OnnxBundle.open(directory, settings);
      others.put(directory, opened);
      refused.remove(directory);
      return Optional.of(opened);
    } catch (OnnxException e) {
      refused.put(directory, new Refusal(manifest, String.valueOf(e.getMessage())));
      LOG.error("model bundle {} is refused: {}", directory, e.getMessage());
      return Optional.empty();
    }
  }

  private static String manifestDigest(Path directory) {
    try {
      return OnnxBundle.sha256(OnnxBundle.readManifest(directory));
    } catch (OnnxException e) {
      return "";
    }
  }

  /** The folder is read anew each time: what has been put there since is listed too. */
  @Override
  public List<StoredBundle> stored() {
    List<StoredBundle> all = new ArrayList<>();
    types(folders)
        .forEach(
            (type, versions) -> versions.forEach(directory -> all.add(stored(type, directory))));
    return all;
  }

  private StoredBundle stored(String type, Path directory) {
    String version = directory.getFileName().toString();
    String sha256 = "";
    try {
      byte[] bytes = OnnxBundle.readManifest(directory);
      sha256 = OnnxBundle.sha256(bytes);
      BundleManifest manifest = BundleManifest.read(bytes);
      OnnxBundle champion = champions.get(type);
      boolean decides = champion != null && champion.profile().ref().sha256().equals(sha256);
      return new StoredBundle(
          type,
          version,
          sha256,
          decides || isOpen(directory),
          decides,
          false,
          manifest,
          whyRefused(directory, sha256));
    } catch (OnnxException | IllegalArgumentException e) {
      String why = e.getMessage();
      return new StoredBundle(
          type, version, sha256, false, false, false, null, why == null ? e.toString() : why);
    }
  }

  private synchronized boolean isOpen(Path directory) {
    return others.containsKey(directory);
  }

  private synchronized String whyRefused(Path directory, String manifest) {
    Refusal refusal = refused.get(directory);
    return refusal != null && refusal.manifest().equals(manifest) ? refusal.why() : "";
  }

  /** Whether there is a bundle for the machines of a type. */
  public boolean judges(String type) {
    return champions.containsKey(type);
  }

  /** What the bundles say of themselves, by machine type. */
  public List<ModelProfile> profiles() {
    return champions.values().stream().map(OnnxBundle::profile).toList();
  }

  @Override
  public void close() {
    champions.values().forEach(OnnxBundle::close);
    synchronized (this) {
      closed = true;
      others.values().forEach(OnnxBundle::close);
      others.clear();
    }
  }
}
