package twin.core.registry;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;
import twin.core.registry.RegistryException.Reason;

/**
 * Who this program is for an object store: from the configuration, which the environment fills, or
 * from a file as the store's own tools write it. The file is read anew for each request, so that
 * what was turned over is taken up. What it holds is never shown.
 */
final class S3Credentials {

  private static final int FILE_BYTES_MAX = 64 * 1024;

  private final Map<String, String> given;
  private final Path file;

  private S3Credentials(Map<String, String> given, Path file) {
    this.given = given;
    this.file = file;
  }

  static S3Credentials of(Config s3, Path home) {
    return new S3Credentials(
        Map.of(
            "aws_access_key_id", s3.getString("access-key"),
            "aws_secret_access_key", s3.getString("secret-key"),
            "aws_session_token", s3.getString("session-token")),
        home.resolve(s3.getString("credentials-file")));
  }

  /** What requests are signed with now. */
  AwsCredentialsIdentity now() throws RegistryException {
    Map<String, String> known = value(given, "aws_access_key_id").isEmpty() ? read() : given;
    String key = value(known, "aws_access_key_id");
    String secret = value(known, "aws_secret_access_key");
    if (key.isEmpty() || secret.isEmpty()) {
      throw new RegistryException(
          Reason.FORBIDDEN,
          "the object store needs an access key and a secret key:"
              + " twin.models.registry.s3.access-key and secret-key, or credentials-file");
    }
    String token = value(known, "aws_session_token");
    return token.isEmpty()
        ? AwsCredentialsIdentity.create(key, secret)
        : AwsSessionCredentialsIdentity.create(key, secret, token);
  }

  private static String value(Map<String, String> from, String name) {
    return from.getOrDefault(name, "");
  }

  /** The lines {@code name = value} of the first section. */
  private Map<String, String> read() throws RegistryException {
    Map<String, String> found = new HashMap<>();
    if (!Files.isRegularFile(file)) {
      return found;
    }
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw Listing.tooLarge(file.toString(), FILE_BYTES_MAX);
      }
      int sections = 0;
      for (String line : Files.readAllLines(file)) {
        int equals = line.indexOf('=');
        sections += line.strip().startsWith("[") ? 1 : 0;
        if (equals > 0 && sections <= 1) {
          found.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
        }
      }
      return found;
    } catch (IOException e) {
      throw new RegistryException(
          Reason.FORBIDDEN, "%s cannot be read: %s".formatted(file, e.getClass().getSimpleName()));
    }
  }
}
