package twin.app.deploy;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Variables of the environment by which a container is told how to run. */
final class Variables {

  private static final Pattern SUBSTITUTION = Pattern.compile("\\$\\{\\??(TWIN_[A-Z_]+)");

  private Variables() {}

  /** Those that a node's configuration and its log take. */
  static Set<String> ofANode() throws IOException {
    Set<String> variables = new TreeSet<>();
    for (String file :
        List.of(
            "cluster-config/src/main/resources/twin-environment.conf",
            "twin-app/src/main/resources/logback.xml")) {
      variables.addAll(DeployedFiles.found(SUBSTITUTION, DeployedFiles.text(file)));
    }
    return variables;
  }

  /** And those that the launcher takes, which are for special cases. */
  static Set<String> known() throws IOException {
    Set<String> variables = new TreeSet<>(ofANode());
    variables.addAll(DeployedFiles.found(SUBSTITUTION, DeployedFiles.text("twin")));
    return variables;
  }

  /** What the image sets. */
  static Set<String> ofTheImage() throws IOException {
    return new TreeSet<>(
        DeployedFiles.found(
            Pattern.compile("(?:ENV|^) +(TWIN_[A-Z_]+)=", Pattern.MULTILINE),
            DeployedFiles.text("Dockerfile")));
  }
}
