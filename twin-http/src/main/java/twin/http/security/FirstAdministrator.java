package twin.http.security;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.AccountStore;
import twin.core.store.SiteScope;
import twin.http.Role;

/**
 * Makes an administrator where there is no user at all, so that somebody can make the others. A
 * password that nobody has given is random, and in a file that only the program's own account can
 * read: a log is read by many.
 */
final class FirstAdministrator {

  private static final Logger log = LoggerFactory.getLogger(FirstAdministrator.class);

  private FirstAdministrator() {}

  /**
   * Makes one if there is nobody. Nodes that start at the same time make one together.
   *
   * @param home what the file's path is relative to
   * @throws IllegalStateException when the file cannot be written, with a line that says what to do
   */
  static void makeIfNobody(
      SecuritySettings.Administrator settings,
      Path home,
      AccountStore store,
      Passwords passwords,
      Instant now) {
    boolean somebody = !store.load(now).toCompletableFuture().join().users().isEmpty();
    if (somebody) {
      return;
    }
    if (settings.password().isPresent()) {
      boolean made = add(settings, settings.password().value(), store, passwords, now);
      if (made) {
        log.info("the first administrator is {}", settings.name());
      }
      return;
    }
    Path file = home.resolve(settings.passwordFile()).toAbsolutePath().normalize();
    String password = Digests.random();
    try {
      Path written = write(file, password);
      try {
        if (add(settings, password, store, passwords, now)) {
          Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
          log.info("the first administrator is {}; the password is in {}", settings.name(), file);
        }
      } finally {
        Files.deleteIfExists(written);
      }
    } catch (IOException e) {
      throw new IllegalStateException(
          "the first administrator's password cannot be written to %s (%s): give one in TWIN_ADMIN_PASSWORD, or another file as twin.http.security.first-administrator.password-file"
              .formatted(file, e.getMessage()),
          e);
    }
  }

  /** Before the user is made: a user whose password nobody has would be of no use. */
  private static Path write(Path file, String password) throws IOException {
    Path folder = Objects.requireNonNull(file.getParent());
    Files.createDirectories(folder);
    Path written =
        file.resolveSibling("%s.%d".formatted(file.getFileName(), ProcessHandle.current().pid()));
    Files.deleteIfExists(written);
    boolean posix = Files.getFileStore(folder).supportsFileAttributeView("posix");
    if (posix) {
      Files.createFile(
          written,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.writeString(written, password + "\n", StandardCharsets.UTF_8);
    return written;
  }

  private static boolean add(
      SecuritySettings.Administrator settings,
      String password,
      AccountStore store,
      Passwords passwords,
      Instant now) {
    String hash = passwords.hash(password).toCompletableFuture().join();
    return store
        .addFirstUser(
            new AccountStore.User(
                settings.name(),
                hash,
                Role.ADMINISTRATOR.label(),
                SiteScope.ALL,
                false,
                0,
                null,
                now,
                "twin",
                null))
        .toCompletableFuture()
        .join();
  }
}
