package twin.core.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of an MLflow server that bundles need, by what its REST API documentation and protocol
 * files say: names, required members, error codes, pages and aliases. It is not an MLflow server.
 */
final class DocumentedMlflow implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String API = "/api/2.0/mlflow/";
  private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/";

  /** Smaller than what is asked for, as a server may choose. */
  private static final int PAGE = 2;

  private static final Pattern EQUALS =
      Pattern.compile("name='([^']*)'(?: AND tags.twin_version='([^']*)')?");
  private static final Pattern LIKE = Pattern.compile("name LIKE '([^']*)'");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(8);
  private final String authorization;
  private final Map<String, String> experiments = new TreeMap<>();
  private final Map<String, ObjectNode> runs = new TreeMap<>();
  private final Map<String, ObjectNode> models = new TreeMap<>();
  private final List<ObjectNode> versions = new ArrayList<>();
  private final Map<String, byte[]> artifacts = new HashMap<>();
  private int numbers;

  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String code;

    Refused(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  DocumentedMlflow(String authorization) throws IOException {
    this.authorization = authorization;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  synchronized ObjectNode run(String name) {
    return runs.values().stream()
        .filter(run -> run.at("/info/run_name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  synchronized List<ObjectNode> versions() {
    return List.copyOf(versions);
  }

  /** The path of an artifact of the run of a bundle. */
  synchronized String path(String run, String file) {
    String uri = run(run).at("/info/artifact_uri").asText();
    return uri.substring("mlflow-artifacts:/".length()) + "/bundle/" + file;
  }

  synchronized void put(String path, byte[] bytes) {
    artifacts.put(path, bytes);
  }

  synchronized void remove(String path) {
    artifacts.remove(path);
  }

  synchronized String alias(String model, String alias) {
    for (JsonNode each : node(models, model).withArray("aliases")) {
      if (each.path("alias").asText().equals(alias)) {
        return each.path("version").asText();
      }
    }
    return "";
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] answer;
    int status = 200;
    byte[] body = exchange.getRequestBody().readAllBytes();
    try {
      String given = exchange.getRequestHeaders().getFirst("Authorization");
      if (!authorization.isEmpty() && !authorization.equals(given)) {
        throw new Refused(401, "UNAUTHENTICATED", "You are not authenticated.");
      }
      answer = answer(exchange, body);
    } catch (Refused e) {
      status = e.status;
      answer =
          JSON.createObjectNode()
              .put("error_code", e.code)
              .put("message", e.getMessage())
              .toString()
              .getBytes(StandardCharsets.UTF_8);
    }
    exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
    try (var out = exchange.getResponseBody()) {
      out.write(answer);
    }
  }

  private synchronized byte[] answer(HttpExchange exchange, byte[] body) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String method = exchange.getRequestMethod();
    if (path.startsWith(ARTIFACTS)) {
      String artifact = path.substring(ARTIFACTS.length());
      if (method.equals("PUT")) {
        artifacts.put(artifact, body);
        return "{}".getBytes(StandardCharsets.UTF_8);
      }
      byte[] found = artifacts.get(artifact);
      if (found == null) {
        throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "No such artifact");
      }
      return found;
    }
    if (!path.startsWith(API)) {
      throw new Refused(404, "ENDPOINT_NOT_FOUND", path);
    }
    if (!method.equals("GET")
        && !"application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE", "Bad Request. Content-Type");
    }
    JsonNode asked = method.equals("GET") ? query(exchange) : JSON.readTree(body);
    String call = method + " " + path.substring(API.length());
    return JSON.writeValueAsBytes(
        switch (call) {
          case "GET experiments/get-by-name" -> experiment(required(asked, "experiment_name"));
          case "POST experiments/create" -> createExperiment(required(asked, "name"));
          case "POST runs/create" -> createRun(asked);
          case "POST runs/log-batch" -> logBatch(asked);
          case "POST runs/update" -> updateRun(asked);
          case "POST registered-models/create" -> createModel(required(asked, "name"));
          case "GET registered-models/get" ->
              JSON.createObjectNode()
                  .set("registered_model", node(models, required(asked, "name")));
          case "GET registered-models/search" -> searchModels(asked);
          case "POST registered-models/alias" -> setAlias(asked);
          case "POST model-versions/create" -> createVersion(asked);
          case "GET model-versions/search" -> searchVersions(asked);
          case "DELETE model-versions/delete" -> deleteVersion(asked);
          default -> throw new Refused(404, "ENDPOINT_NOT_FOUND", call);
        });
  }

  private static JsonNode query(HttpExchange exchange) {
    ObjectNode asked = JSON.createObjectNode();
    String query = exchange.getRequestURI().getRawQuery();
    for (String each : query == null ? new String[0] : query.split("&", -1)) {
      String[] pair = each.split("=", 2);
      asked.put(pair[0], URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
    }
    return asked;
  }

  private static String required(JsonNode asked, String name) {
    if (!asked.path(name).isTextual() || asked.path(name).asText().isEmpty()) {
      throw new Refused(
          400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter '" + name + "'");
    }
    return asked.path(name).asText();
  }

  private static ObjectNode node(Map<String, ObjectNode> from, String name) {
    ObjectNode found = from.get(name);
    if (found == null) {
      throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", name + " not found");
    }
    return found;
  }

  private ObjectNode experiment(String name) {
    String id = experiments.get(name);
    if (id == null) {
      throw new Refused(
          404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name '" + name + "'");
    }
    ObjectNode answer = JSON.createObjectNode();
    answer.putObject("experiment").put("experiment_id", id).put("name", name);
    return answer;
  }

  private ObjectNode createExperiment(String name) {
    if (experiments.containsKey(name)) {
      throw new Refused(400, "RESOURCE_ALREADY_EXISTS", "Experiment already exists");
    }
    String id = Integer.toString(experiments.size() + 1);
    experiments.put(name, id);
    return JSON.createObjectNode().put("experiment_id", id);
  }

  private ObjectNode createRun(JsonNode asked) {
    String experiment = required(asked, "experiment_id");
    if (!experiments.containsValue(experiment)) {
      throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=" + experiment);
    }
    String id = "run%029d".formatted(runs.size());
    ObjectNode run = JSON.createObjectNode();
    run.putObject("info")
        .put("run_id", id)
        .put("run_name", asked.path("run_name").asText())
        .put("experiment_id", experiment)
        .put("status", "RUNNING")
        .put("start_time", asked.path("start_time").asLong())
        .put("artifact_uri", "mlflow-artifacts:/%s/%s/artifacts".formatted(experiment, id));
    run.putObject("data");
    runs.put(id, run);
    return JSON.createObjectNode().set("run", run);
  }

  private ObjectNode logBatch(JsonNode asked) {
    ObjectNode run = node(runs, required(asked, "run_id"));
    for (JsonNode metric : asked.path("metrics")) {
      required(metric, "key");
      if (!metric.path("value").isNumber() || !metric.path("timestamp").isNumber()) {
        throw new Refused(400, "INVALID_PARAMETER_VALUE", "metrics need value and timestamp");
      }
    }
    if (asked.path("metrics").size() > 1000 || asked.path("params").size() > 100) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE", "too many in one batch");
    }
    run.withObject("/data").set("metrics", asked.path("metrics"));
    run.withObject("/data").set("params", asked.path("params"));
    return JSON.createObjectNode();
  }

  private ObjectNode updateRun(JsonNode asked) {
    ObjectNode info = node(runs, required(asked, "run_id")).withObject("/info");
    info.put("status", required(asked, "status"));
    return JSON.createObjectNode().set("run_info", info);
  }

  private ObjectNode createModel(String name) {
    if (models.containsKey(name)) {
      throw new Refused(
          400,
          "RESOURCE_ALREADY_EXISTS",
          "Registered Model (name=%s) already exists.".formatted(name));
    }
    ObjectNode model = JSON.createObjectNode().put("name", name);
    models.put(name, model);
    return JSON.createObjectNode().set("registered_model", model);
  }

  private ObjectNode searchModels(JsonNode asked) {
    Matcher filter = LIKE.matcher(asked.path("filter").asText());
    if (!filter.matches()) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE", "Invalid filter");
    }
    String pattern = "\\Q" + filter.group(1).replace("%", "\\E.*\\Q") + "\\E";
    return page(
        asked,
        "registered_models",
        models.values().stream()
            .filter(model -> model.path("name").asText().matches(pattern))
            .toList());
  }

  private ObjectNode searchVersions(JsonNode asked) {
    Matcher filter = EQUALS.matcher(asked.path("filter").asText());
    if (!filter.matches()
        || !asked.path("order_by").asText("version_number ASC").equals("version_number ASC")) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE", "Invalid filter or order");
    }
    return page(
        asked,
        "model_versions",
        versions.stream()
            .filter(
                version ->
                    version.path("name").asText().equals(filter.group(1))
                        && (filter.group(2) == null
                            || version
                                .path("tags")
                                .findValuesAsText("value")
                                .contains(filter.group(2))))
            .toList());
  }

  private static ObjectNode page(JsonNode asked, String member, List<ObjectNode> all) {
    int from = Math.min(all.size(), asked.path("page_token").asInt());
    int to = Math.min(all.size(), from + Math.min(PAGE, asked.path("max_results").asInt(100)));
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode items = JSON.createArrayNode();
    all.subList(from, to).forEach(items::add);
    // Members that are empty are left out, as a server does.
    if (!items.isEmpty()) {
      answer.set(member, items);
    }
    if (to < all.size()) {
      answer.put("next_page_token", Integer.toString(to));
    }
    return answer;
  }

  private ObjectNode createVersion(JsonNode asked) {
    String name = required(asked, "name");
    node(models, name);
    required(asked, "source");
    node(runs, required(asked, "run_id"));
    ObjectNode version = asked.deepCopy();
    version.put("version", Integer.toString(++numbers)).put("status", "READY");
    versions.add(version);
    return JSON.createObjectNode().set("model_version", version);
  }

  private ObjectNode deleteVersion(JsonNode asked) {
    String name = required(asked, "name");
    String number = required(asked, "version");
    if (!versions.removeIf(
        version ->
            version.path("name").asText().equals(name)
                && version.path("version").asText().equals(number))) {
      throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "Model Version not found");
    }
    return JSON.createObjectNode();
  }

  private ObjectNode setAlias(JsonNode asked) {
    String alias = required(asked, "alias");
    String number = required(asked, "version");
    if (alias.equalsIgnoreCase("latest") || alias.matches("[vV]\\d+")) {
      throw new Refused(
          400, "INVALID_PARAMETER_VALUE", "'latest' alias name (case insensitive) is reserved.");
    }
    ArrayNode aliases = node(models, required(asked, "name")).withArray("aliases");
    for (int i = 0; i < aliases.size(); i++) {
      if (aliases.get(i).path("alias").asText().equals(alias)) {
        aliases.remove(i);
      }
    }
    aliases.addObject().put("alias", alias).put("version", number);
    return JSON.createObjectNode();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
