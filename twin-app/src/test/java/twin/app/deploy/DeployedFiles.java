package twin.app.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import twin.app.NodeConfig;

/** The files of the repository that others read: Docker, Compose, Kubernetes, GitHub. */
final class DeployedFiles {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final ObjectMapper TREES = new ObjectMapper();

  private DeployedFiles() {}

  static Path path(String name) {
    return ROOT.resolve(name);
  }

  static String text(String name) throws IOException {
    return Files.readString(path(name));
  }

  /** Those of a folder, by their names in it. */
  static Set<String> in(String folder) throws IOException {
    try (Stream<Path> files = Files.list(path(folder))) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** With anchors and merges resolved, as those who read it see it. */
  static JsonNode yaml(String name) throws IOException {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    Object read = new Yaml(new SafeConstructor(options)).load(text(name));
    return TREES.valueToTree(read);
  }

  /** What the first group matches, wherever it does. */
  static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).toList();
  }

  /** What is left of each line that is no comment. */
  static List<String> lines(String name) throws IOException {
    return text(name).lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
  }

  /** What a node has when nobody sets anything. */
  static Config defaults() {
    return NodeConfig.with(ConfigFactory.empty());
  }

  static String projectVersion() throws IOException {
    Matcher matcher = Pattern.compile("<version>([^<]+)</version>").matcher(text("pom.xml"));
    if (!matcher.find()) {
      throw new AssertionError("pom.xml has no version");
    }
    return matcher.group(1);
  }

  static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(each -> strings.add(each.asText()));
    return strings;
  }
}
