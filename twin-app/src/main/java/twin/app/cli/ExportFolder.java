package twin.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of an export: a folder for each kind of files, and at the end a manifest. Until then a
 * list says of which machines everything has been written, so that an export that was broken off
 * can go on. The list is on disk alone, and the manifest is made from it line by line.
 */
final class ExportFolder {

  static final String MANIFEST = "manifest.json";

  private static final String LIST = "unfinished.ndjson";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final ObjectNode parameters;
  private final Set<String> written = new HashSet<>();
  private final Map<String, Long> rows = new TreeMap<>();
  private long bytes;

  private ExportFolder(Path folder, ObjectNode parameters) {
    this.folder = folder;
    this.parameters = parameters;
  }

  /**
   * Opens a new folder, or one in which the same export was broken off.
   *
   * @param parameters what is exported; the manifest begins with it
   * @param goOn whether an export that was broken off is to be finished
   * @throws IllegalArgumentException when the folder holds something else
   */
  static ExportFolder open(Path folder, ObjectNode parameters, boolean goOn) throws IOException {
    ExportFolder export = new ExportFolder(folder, parameters);
    Path list = folder.resolve(LIST);
    if (Files.exists(list)) {
      if (!goOn) {
        throw new IllegalArgumentException(
            "%s holds an export that was broken off. Finish it with --continue, or delete the folder."
                .formatted(folder));
      }
      export.goOn(list);
      return export;
    }
    if (Files.exists(folder) && !isEmptyFolder(folder)) {
      throw new IllegalArgumentException(
          "%s is not an empty folder; say another with --out".formatted(folder));
    }
    Files.createDirectories(folder);
    export.append(parameters);
    return export;
  }

  private static boolean isEmptyFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    }
  }

  private void goOn(Path list) throws IOException {
    StringBuilder whole = new StringBuilder();
    try (BufferedReader lines = Files.newBufferedReader(list)) {
      JsonNode first = parsed(lines.readLine());
      if (!parameters.equals(first)) {
        throw new IllegalArgumentException(
            "the export in %s was of %s; ask for the same, or delete the folder"
                .formatted(folder, first));
      }
      whole.append(first).append('\n');
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode machine = parsed(line);
        if (machine.isMissingNode()) {
          break; // The last line, in the middle of which the export ended.
        }
        count(machine);
        whole.append(machine).append('\n');
      }
    }
    Files.writeString(list, whole, UTF_8);
  }

  /** A line of the list; missing when it is not whole. */
  private static JsonNode parsed(@Nullable String line) {
    try {
      return line == null ? JSON.missingNode() : JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  /** Where a file goes. */
  Path file(String kind, String name) throws IOException {
    return Files.createDirectories(folder.resolve(kind)).resolve(name);
  }

  /** Whether everything of a machine has been written. */
  boolean has(String machineId) {
    return written.contains(machineId);
  }

  /** Everything of a machine has been written. */
  void add(ObjectNode machine) throws IOException {
    append(machine);
    count(machine);
  }

  private void count(JsonNode machine) {
    written.add(machine.path("machine_id").asText());
    for (JsonNode file : machine.path("files")) {
      rows.merge(file.path("kind").asText(), file.path("rows").asLong(), Long::sum);
      bytes += file.path("bytes").asLong();
    }
  }

  private void append(JsonNode line) throws IOException {
    Files.writeString(
        folder.resolve(LIST),
        line + "\n",
        UTF_8,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** What has been exported, in numbers. */
  ObjectNode summary() {
    ObjectNode summary = parameters.deepCopy();
    summary.put("machines", written.size());
    ObjectNode all = summary.putObject("rows");
    rows.forEach(all::put);
    summary.put("bytes", bytes);
    return summary;
  }

  /** Writes the manifest; the export is whole. */
  void finish(ObjectNode more) throws IOException {
    Path part = folder.resolve(MANIFEST + ".part");
    try (BufferedReader list = Files.newBufferedReader(folder.resolve(LIST));
        JsonGenerator out = JSON.createGenerator(Files.newBufferedWriter(part))) {
      out.useDefaultPrettyPrinter();
      list.readLine();
      ObjectNode head = summary();
      head.remove("machines");
      head.setAll(more);
      out.writeStartObject();
      for (Map.Entry<String, JsonNode> each : head.properties()) {
        out.writeFieldName(each.getKey());
        out.writeTree(each.getValue());
      }
      out.writeArrayFieldStart("machines");
      for (String line = list.readLine(); line != null; line = list.readLine()) {
        out.writeTree(JSON.readTree(line));
      }
      out.writeEndArray();
      out.writeEndObject();
    }
    Files.move(part, folder.resolve(MANIFEST), StandardCopyOption.ATOMIC_MOVE);
    Files.delete(folder.resolve(LIST));
  }
}
