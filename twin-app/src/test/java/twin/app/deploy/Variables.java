package twin.app.deploy;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Variables of the environment by which a container is told how to run. */
final class Variables {

  private static final Pattern SUBSTITUTION = Pattern.compile("\\$\\{\\??(TWIN_[A-Z_]+)");

  private Variables() {}

  /** Those that a node's configuration and its log take. */
  static Set<String> ofANode() throws IOException {
    Set<String> variables = inContainers();
    variables.addAll(in("twin-http/src/main/resources/reference.conf"));
    variables.addAll(in("twin-app/src/main/resources/logback.xml"));
    return variables;
  }

  /** Those that only a container's configuration takes. */
  static Set<String> inContainers() throws IOException {
    return in("cluster-config/src/main/resources/twin-environment.conf");
  }

  private static Set<String> in(String file) throws IOException {
    return new TreeSet<>(DeployedFiles.found(SUBSTITUTION, DeployedFiles.text(file)));
  }

  /** And those that the launcher takes, which are for special cases. */
  static Set<String> known() throws IOException {
    Set<String> variables = ofANode();
    variables.addAll(in("twin"));
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
