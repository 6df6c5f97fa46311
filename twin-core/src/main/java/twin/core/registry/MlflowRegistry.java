package twin.core.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleName;
import twin.core.registry.Exchange.Answer;
import twin.core.registry.RegistryException.Reason;

/**
 * Bundles in an MLflow server, over its REST API 2.0. A machine type is a registered model, {@code
 * twin-TYPE}. A bundle is a run with its parameters, figures and files, and a model version that is
 * tagged with the bundle's own version, because MLflow numbers versions itself. Where two
 * publishers have made one of the same version, the lower number counts for everybody, and the
 * other publisher takes its own away again. {@link Pointer}s are aliases; MLflow keeps the name
 * {@code latest} to itself, so that one is called {@code twin-latest}. Files go through the
 * server's artifact proxy.
 *
 * <p>Thread-safe.
 */
final class MlflowRegistry implements BundleRegistry {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String API = "/api/2.0/mlflow/";
  private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";
  private static final String PROXIED = "mlflow-artifacts";
  private static final String FOLDER = "bundle";
  private static final String VERSION_TAG = "twin_version";
  private static final String SHA256_TAG = "twin_sha256";
  private static final String OWN_LATEST = "twin-latest";
  private static final String ALREADY = "RESOURCE_ALREADY_EXISTS";
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int PAGE = 200;

  /** There may be others' models and versions beside the bundles. */
  private static final int FOUND_PER_BUNDLE_MAX = 4;

  private static final int ANSWER_BYTES_MAX = 4 << 20;

  /** What one call may log. */
  private static final int FIGURES_MAX = 1_000;

  private final URI server;
  private final String modelPrefix;
  private final String experiment;
  private final String authorization;
  private final int bundlesMax;
  private final InstantSource clock;
  private final Exchange exchange;

  /** Where the files of bundles are, which never changes. */
  private final Map<BundleName, String> sources = new HashMap<>();

  /** A model version that holds a bundle. */
  private record Entry(BundleName bundle, long number, String sha256, String source) {}

  private MlflowRegistry(
      URI server,
      String modelPrefix,
      String experiment,
      String authorization,
      int bundlesMax,
      InstantSource clock,
      Exchange exchange) {
    this.server = server;
    this.modelPrefix = modelPrefix;
    this.experiment = experiment;
    this.authorization = authorization;
    this.bundlesMax = bundlesMax;
    this.clock = clock;
    this.exchange = exchange;
  }

  /** Connects to nothing yet. */
  static MlflowRegistry of(
      Config mlflow,
      boolean plainHttp,
      RegistryLimits limits,
      Exchange.HttpSettings http,
      InstantSource clock) {
    String setting = "twin.models.registry.mlflow.";
    URI server = Exchange.address(setting + "url", mlflow.getString("url"), plainHttp);
    String prefix = mlflow.getString("model-prefix");
    if (!prefix.matches("[A-Za-z0-9_-]{0,32}") || mlflow.getString("experiment").isBlank()) {
      throw new IllegalArgumentException(
          setting + "model-prefix must be such as twin-, and experiment must not be empty");
    }
    return new MlflowRegistry(
        server,
        prefix,
        mlflow.getString("experiment"),
        authorization(mlflow),
        limits.bundlesMax(),
        clock,
        new Exchange("MLflow " + server, http));
  }

  private static String authorization(Config mlflow) {
    String token = mlflow.getString("token");
    String user = mlflow.getString("user");
    if (!token.isEmpty()) {
      return "Bearer " + token;
    }
    return user.isEmpty()
        ? ""
        : "Basic "
            + Base64.getEncoder()
                .encodeToString(
                    (user + ":" + mlflow.getString("password")).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String place() {
    return "MLflow " + server;
  }

  private String model(String type) {
    return modelPrefix + type;
  }

  @Override
  public List<BundleName> list() throws RegistryException, InterruptedException {
    List<BundleName> found = new ArrayList<>();
    for (JsonNode model :
        pages(
            "registered-models/search?",
            "name LIKE '%s%%'".formatted(modelPrefix),
            "registered_models")) {
      String name = model.path("name").asText();
      // What LIKE takes for a letter may be another one.
      if (name.startsWith(modelPrefix)
          && BundleName.isPlain(name.substring(modelPrefix.length()))) {
        for (Entry entry : entries(name.substring(modelPrefix.length()))) {
          found.add(entry.bundle());
          Listing.requireRoom(found.size(), bundlesMax, place());
        }
      }
    }
    return found.stream().sorted().toList();
  }

  /** Of each bundle of a type the model version that counts. */
  private List<Entry> entries(String type) throws RegistryException, InterruptedException {
    return entries(type, "");
  }

  private List<Entry> entries(String type, String filter)
      throws RegistryException, InterruptedException {
    Map<BundleName, Entry> counting = new TreeMap<>();
    // In the order of their numbers: one that is deleted meanwhile shifts only those after it.
    for (JsonNode version :
        pages(
            "model-versions/search?order_by=version_number%20ASC&",
            "name='%s'%s".formatted(model(type), filter), "model_versions")) {
      String own = tag(version, VERSION_TAG);
      if (BundleName.isPlain(own) && version.path("name").asText().equals(model(type))) {
        Entry entry =
            new Entry(
                new BundleName(type, own),
                version.path("version").asLong(),
                tag(version, SHA256_TAG),
                version.path("source").asText());
        counting.merge(
            entry.bundle(), entry, (one, other) -> one.number() < other.number() ? one : other);
      }
    }
    return List.copyOf(counting.values());
  }

  private static String tag(JsonNode of, String key) {
    for (JsonNode tag : of.path("tags")) {
      if (tag.path("key").asText().equals(key)) {
        return tag.path("value").asText();
      }
    }
    return "";
  }

  private List<JsonNode> pages(String path, String filter, String member)
      throws RegistryException, InterruptedException {
    List<JsonNode> all = new ArrayList<>();
    String token = "";
    do {
      JsonNode page =
          get(
              "%sfilter=%s&max_results=%d%s"
                  .formatted(
                      path,
                      encoded(filter),
                      PAGE,
                      token.isEmpty() ? "" : "&page_token=" + encoded(token)));
      page.path(member).forEach(all::add);
      Listing.requireRoom(all.size() / FOUND_PER_BUNDLE_MAX, bundlesMax, place());
      String next = page.path("next_page_token").asText();
      // A page that leads to itself would never end.
      token = next.equals(token) || page.path(member).isEmpty() ? "" : next;
    } while (!token.isEmpty());
    return all;
  }

  private Optional<Entry> find(BundleName bundle) throws RegistryException, InterruptedException {
    String filter = " AND tags.%s='%s'".formatted(VERSION_TAG, bundle.version());
    return entries(bundle.type(), filter).stream()
        .filter(entry -> entry.bundle().equals(bundle))
        .findFirst();
  }

  @Override
  public byte[] read(BundleName bundle, String file, long bytesMax)
      throws RegistryException, InterruptedException {
    Optional<byte[]> bytes = artifact(source(bundle), file, bytesMax);
    return bytes.orElseThrow(() -> missing(bundle, "no " + file));
  }

  private RegistryException missing(BundleName bundle, String why) {
    return new RegistryException(
        Reason.MISSING, "%s is not in %s: %s".formatted(bundle, place(), why));
  }

  private String source(BundleName bundle) throws RegistryException, InterruptedException {
    synchronized (sources) {
      String known = sources.get(bundle);
      if (known != null) {
        return known;
      }
    }
    String source =
        find(bundle)
            .map(Entry::source)
            .orElseThrow(() -> missing(bundle, "no model version has that tag"));
    synchronized (sources) {
      if (sources.size() >= bundlesMax) {
        sources.clear();
      }
      sources.put(bundle, source);
    }
    return source;
  }

  private Optional<byte[]> artifact(String source, String file, long bytesMax)
      throws RegistryException, InterruptedException {
    URI address = artifact(source, file);
    Answer answer =
        exchange.send(() -> request(address).GET(), Math.max(bytesMax, ANSWER_BYTES_MAX));
    if (answer.status() == NOT_FOUND) {
      return Optional.empty();
    }
    if (answer.status() != OK) {
      throw exchange.refused("give " + file, answer);
    }
    if (answer.body().length > bytesMax) {
      throw Listing.tooLarge(file, bytesMax);
    }
    return Optional.of(answer.body());
  }

  private URI artifact(String source, String file) throws RegistryException {
    URI uri;
    try {
      uri = URI.create(source);
    } catch (IllegalArgumentException e) {
      throw new RegistryException(Reason.DAMAGED, source + " is no address of artifacts", e);
    }
    String path = uri.getRawPath();
    if (!PROXIED.equals(uri.getScheme()) || path == null || path.contains("..")) {
      throw new RegistryException(
          Reason.FORBIDDEN,
          "%s keeps artifacts at %s, where this program cannot go; start the server with"
                  .formatted(place(), source)
              + " --serve-artifacts");
    }
    return URI.create(server + ARTIFACTS + path.replaceFirst("/+$", "") + "/" + file);
  }

  @Override
  public boolean publish(BundleName bundle, SortedMap<String, byte[]> files)
      throws RegistryException, InterruptedException {
    Listing.requireVersion(bundle);
    byte[] manifest = BundleFiles.manifest(files);
    Optional<Entry> present = find(bundle);
    if (present.isPresent()) {
      return !BundleFiles.same(
          bundle, read(bundle, BundleManifest.FILE, BundleManifest.BYTES_MAX), files, place());
    }
    ObjectNode wanted = JSON.createObjectNode();
    wanted.put("experiment_id", experimentId()).put("run_name", bundle.label());
    wanted.put("start_time", clock.millis());
    JsonNode info = post("runs/create", wanted).path("run").path("info");
    String runId = info.path("run_id").asText();
    log(runId, BundleManifest.read(manifest));
    String source = info.path("artifact_uri").asText() + "/" + FOLDER;
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      upload(artifact(source, file.getKey()), file.getValue());
    }
    long number = createVersion(bundle, runId, source, BundleFiles.sha256(manifest));
    ObjectNode ended = JSON.createObjectNode().put("run_id", runId).put("status", "FINISHED");
    post("runs/update", ended.put("end_time", clock.millis()));
    Entry counts = find(bundle).orElseThrow(() -> missing(bundle, "it was taken away at once"));
    if (counts.number() == number) {
      return true;
    }
    delete(bundle, number);
    if (!counts.sha256().equals(BundleFiles.sha256(manifest))) {
      throw BundleFiles.taken(bundle, place());
    }
    return false;
  }

  private String experimentId() throws RegistryException, InterruptedException {
    String byName = "experiments/get-by-name?experiment_name=" + encoded(experiment);
    Answer known = ask(byName);
    if (known.status() == NOT_FOUND) {
      Answer made =
          sent("POST", "experiments/create", JSON.createObjectNode().put("name", experiment));
      if (made.status() == OK) {
        return json(made).path("experiment_id").asText();
      }
      if (!json(made).path("error_code").asText().equals(ALREADY)) {
        throw exchange.refused("make an experiment", made);
      }
      known = ask(byName);
    }
    if (known.status() != OK) {
      throw exchange.refused("tell the experiment", known);
    }
    return json(known).path("experiment").path("experiment_id").asText();
  }

  /** What the manifest says of the training and what it measured. */
  private void log(String runId, BundleManifest manifest)
      throws RegistryException, InterruptedException {
    ObjectNode batch = JSON.createObjectNode().put("run_id", runId);
    ArrayNode params = batch.putArray("params");
    Map<String, String> known = new TreeMap<>();
    known.put("machine_type", manifest.type());
    known.put("bundle_version", manifest.version());
    known.put("feature_version", Integer.toString(manifest.featureVersion()));
    known.put("tolerance", Double.toString(manifest.tolerance()));
    known.put("training_data_sha256", manifest.training().sha256());
    known.put("training_rows", Long.toString(manifest.training().rows()));
    known.put("training_seed", Long.toString(manifest.training().seed()));
    known.forEach((key, value) -> params.addObject().put("key", key).put("value", value));
    ArrayNode metrics = batch.putArray("metrics");
    Map<String, Double> figures = new TreeMap<>();
    flatten("", manifest.figures(), figures);
    figures.entrySet().stream()
        .limit(FIGURES_MAX)
        .forEach(
            figure ->
                metrics
                    .addObject()
                    .put("key", figure.getKey())
                    .put("value", figure.getValue())
                    .put("timestamp", clock.millis())
                    .put("step", 0));
    post("runs/log-batch", batch);
  }

  private static void flatten(String path, JsonNode figures, Map<String, Double> into) {
    if (figures.isNumber() && !path.isEmpty()) {
      into.put(path, figures.asDouble());
    }
    figures
        .properties()
        .forEach(
            each ->
                flatten(
                    (path.isEmpty() ? "" : path + ".")
                        + each.getKey().replaceAll("[^A-Za-z0-9_. -]", "_"),
                    each.getValue(),
                    into));
  }

  private void upload(URI address, byte[] bytes) throws RegistryException, InterruptedException {
    Answer answer =
        exchange.send(
            () ->
                request(address)
                    .header("Content-Type", "application/octet-stream")
                    .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes)),
            ANSWER_BYTES_MAX);
    if (answer.status() != OK) {
      throw exchange.refused("take an artifact", answer);
    }
  }

  private long createVersion(BundleName bundle, String runId, String source, String sha256)
      throws RegistryException, InterruptedException {
    String name = model(bundle.type());
    Answer made =
        sent("POST", "registered-models/create", JSON.createObjectNode().put("name", name));
    if (made.status() != OK && !json(made).path("error_code").asText().equals(ALREADY)) {
      throw exchange.refused("register a model", made);
    }
    ObjectNode version =
        JSON.createObjectNode().put("name", name).put("source", source).put("run_id", runId);
    ArrayNode tags = version.putArray("tags");
    tags.addObject().put("key", VERSION_TAG).put("value", bundle.version());
    tags.addObject().put("key", SHA256_TAG).put("value", sha256);
    return post("model-versions/create", version).path("model_version").path("version").asLong();
  }

  private void delete(BundleName bundle, long number)
      throws RegistryException, InterruptedException {
    ObjectNode which =
        JSON.createObjectNode()
            .put("name", model(bundle.type()))
            .put("version", Long.toString(number));
    Answer answer = sent("DELETE", "model-versions/delete", which);
    if (answer.status() != OK && answer.status() != NOT_FOUND) {
      throw exchange.refused("delete a model version", answer);
    }
  }

  @Override
  public Optional<String> pointed(String type, Pointer pointer)
      throws RegistryException, InterruptedException {
    Answer model = ask("registered-models/get?name=" + encoded(model(type)));
    if (model.status() == NOT_FOUND) {
      return Optional.empty();
    }
    if (model.status() != OK) {
      throw exchange.refused("tell its aliases", model);
    }
    for (JsonNode alias : json(model).path("registered_model").path("aliases")) {
      if (alias.path("alias").asText().equals(alias(pointer))) {
        long number = alias.path("version").asLong();
        return entries(type).stream()
            .filter(entry -> entry.number() == number)
            .map(entry -> entry.bundle().version())
            .findFirst();
      }
    }
    return Optional.empty();
  }

  @Override
  public void point(BundleName bundle, Pointer pointer)
      throws RegistryException, InterruptedException {
    Entry entry = find(bundle).orElseThrow(() -> missing(bundle, "no model version has that tag"));
    post(
        "registered-models/alias",
        JSON.createObjectNode()
            .put("name", model(bundle.type()))
            .put("alias", alias(pointer))
            .put("version", Long.toString(entry.number())));
  }

  private static String alias(Pointer pointer) {
    return pointer == Pointer.LATEST ? OWN_LATEST : pointer.label();
  }

  private JsonNode get(String path) throws RegistryException, InterruptedException {
    Answer answer = ask(path);
    if (answer.status() != OK) {
      throw exchange.refused("answer", answer);
    }
    return json(answer);
  }

  private Answer ask(String path) throws RegistryException, InterruptedException {
    URI address = URI.create(server + API + path);
    return exchange.send(() -> request(address).GET(), ANSWER_BYTES_MAX);
  }

  private JsonNode post(String path, JsonNode body) throws RegistryException, InterruptedException {
    Answer answer = sent("POST", path, body);
    if (answer.status() != OK) {
      throw exchange.refused("take " + path, answer);
    }
    return json(answer);
  }

  private Answer sent(String method, String path, JsonNode body)
      throws RegistryException, InterruptedException {
    URI address = URI.create(server + API + path);
    return exchange.send(
        () ->
            request(address)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body.toString())),
        ANSWER_BYTES_MAX);
  }

  private HttpRequest.Builder request(URI address) {
    HttpRequest.Builder request = HttpRequest.newBuilder(address);
    return authorization.isEmpty() ? request : request.header("Authorization", authorization);
  }

  private JsonNode json(Answer answer) throws RegistryException {
    try {
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new RegistryException(
          Reason.UNAVAILABLE, place() + " answers no JSON: " + answer.shown(), e);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    exchange.close();
  }
}
