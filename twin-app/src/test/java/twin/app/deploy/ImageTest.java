package twin.app.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.typesafe.config.Config;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The Dockerfile and what it is made from. */
final class ImageTest {

  static final Pattern PINNED = Pattern.compile("[a-zA-Z0-9./-]+:v?\\d+\\.\\d+[\\w.-]*");

  private static List<String> after(String instruction) throws IOException {
    // A backslash at the end of a line continues it.
    String joined = DeployedFiles.text("Dockerfile").replace("\\\n", " ");
    return DeployedFiles.found(
        Pattern.compile("^" + instruction + " +(.*)$", Pattern.MULTILINE), joined);
  }

  @Test
  void isMadeFromOneVersionOfOneJre() throws Exception {
    List<String> arguments = after("ARG");
    assertThat(arguments).hasSize(1);
    assertThat(arguments.getFirst()).startsWith("JRE=");
    assertThat(arguments.getFirst().substring("JRE=".length())).matches(PINNED);
    assertThat(after("FROM")).allMatch(from -> from.startsWith("${JRE}"));
  }

  @Test
  void doesNotRunAsRoot() throws Exception {
    List<String> users = after("USER");
    assertThat(users).isNotEmpty();
    // A number, for Kubernetes cannot tell of a name whether it is root's.
    assertThat(users.getLast()).matches("[1-9]\\d*:[1-9]\\d*");
  }

  @Test
  void whatItStartsIsInTheArchive() throws Exception {
    assertThat(after("COPY")).contains("--from=unpacked /release /opt/twin");
    assertThat(after("ENTRYPOINT")).containsExactly("[\"/opt/twin/twin\"]");
    assertThat(DeployedFiles.path("twin")).isExecutable();
    String archive = DeployedFiles.text("twin-app/src/assembly/release.xml");
    assertThat(archive).contains("<include>twin</include>", "<fileMode>0755</fileMode>");

    // The archive has the resources of cluster-config in the folder of that name.
    assertThat(archive)
        .contains(
            "../cluster-config/src/main/resources</directory>\n"
                + "      <outputDirectory>/cluster-config<");
    assertThat(after("CMD"))
        .containsExactly(
            "[\"node\", \"--config\", \"/opt/twin/cluster-config/twin-environment.conf\"]");
    assertThat(
            Files.exists(
                DeployedFiles.path("cluster-config/src/main/resources/twin-environment.conf")))
        .isTrue();
  }

  @Test
  void whatIsCopiedIsLetThrough() throws Exception {
    List<String> ignore = DeployedFiles.lines(".dockerignore");
    for (String copy : after("COPY")) {
      if (!copy.contains("--from")) {
        String source = copy.replaceFirst("^--\\S+ +", "").replaceFirst(" .*", "");
        assertThat(ignore).contains("!" + source);
      }
    }
    assertThat(DeployedFiles.path("cluster-config/docker/probe")).isExecutable();
  }

  @Test
  void exposesThePortsOfTheConfiguration() throws Exception {
    assertThat(Set.of(after("EXPOSE").getFirst().split(" ", -1))).isEqualTo(ports());
  }

  private static Set<String> ports() {
    Config defaults = DeployedFiles.defaults();
    return new TreeSet<>(
        List.of(
            defaults.getString("twin.http.port"),
            defaults.getString("twin.cluster.port"),
            defaults.getString("twin.cluster.bootstrap.port")));
  }

  @Test
  void theProbeTellsWhetherTheAnswerIsGood() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "a body\n".getBytes(UTF_8);
          int status = exchange.getRequestURI().getPath().equals("/ready") ? 503 : 200;
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    int port = server.getAddress().getPort();
    try {
      assertThat(probe("/health", port)).isZero();
      assertThat(probe("/ready", port)).isNotZero();
    } finally {
      server.stop(0);
    }
    assertThat(probe("/health", port)).isNotZero();
    assertThat(DeployedFiles.text("cluster-config/docker/probe"))
        .contains("${2:-%s}".formatted(DeployedFiles.defaults().getString("twin.http.port")));
  }

  private static int probe(String path, int port) throws Exception {
    Process process =
        new ProcessBuilder(
                DeployedFiles.path("cluster-config/docker/probe").toString(),
                path,
                String.valueOf(port))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  /** A tag can be moved to other code; a commit cannot. */
  @Test
  void workflowsUseActionsByTheirCommits() throws Exception {
    for (String workflow : DeployedFiles.in(".github/workflows")) {
      List<String> used =
          DeployedFiles.found(
              Pattern.compile("uses: *(.*)$", Pattern.MULTILINE),
              DeployedFiles.text(".github/workflows/" + workflow));
      assertThat(used)
          .isNotEmpty()
          .allMatch(action -> action.matches("[\\w/-]+@[0-9a-f]{40} # v\\d+\\.\\d+\\.\\d+"));
    }
  }
}
