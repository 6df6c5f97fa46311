package twin.app.cli;

import java.net.http.HttpClient;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import twin.http.tls.ClientTls;

/** Whose certificates a command believes when it speaks to a node over https. */
final class Trust {

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description =
          "PEM certificates that have signed the node's, for https where the JVM does not know"
              + " them.")
  private @Nullable Path authorities;

  /**
   * A client that believes them, and those that the JVM knows where none are named.
   *
   * @throws IllegalArgumentException when the file holds no certificates; the message names the
   *     option
   */
  HttpClient.Builder client() {
    HttpClient.Builder builder = HttpClient.newBuilder();
    Path file = authorities;
    if (file == null) {
      return builder;
    }
    try {
      return builder.sslContext(ClientTls.trusting(file));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--ca " + e.getMessage(), e);
    }
  }
}
