package twin.app.embedded;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tukaani.xz.XZInputStream;
import twin.app.embedded.EmbeddedServiceException.Reason;

/**
 * PostgreSQL's programs: unpacked from the archive on the class path, and run as a user that
 * PostgreSQL accepts.
 *
 * <p>PostgreSQL refuses to run as root. Where root starts Twin, its programs run in a user
 * namespace of their own ({@code unshare --user}), in which they are nobody in particular while
 * their files still belong to root; where namespaces are forbidden, as in many containers, they run
 * as the account {@code postgres} or {@code nobody}, which then owns the files.
 */
final class PostgresPrograms {

  private static final Logger log = LoggerFactory.getLogger(PostgresPrograms.class);

  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration CHOWN_TIMEOUT = Duration.ofMinutes(2);
  private static final String COMPLETE = ".complete";

  private final Path home;
  private final Path directory;
  private final List<String> prefix;

  private PostgresPrograms(Path home, Path directory, List<String> prefix) {
    this.home = home;
    this.directory = directory;
    this.prefix = prefix;
  }

  /** What a program printed and its exit status. */
  record Result(int exitStatus, String output) {}

  /**
   * Unpacks the programs into {@code directory} unless they are there, and finds out how to run
   * them.
   *
   * @param directory everything that is PostgreSQL's; it changes hands as a whole where root has to
   *     hand it to another account
   */
  static PostgresPrograms unpack(Path directory)
      throws IOException, InterruptedException, EmbeddedServiceException {
    URL archive = PostgresPrograms.class.getResource("/" + archiveName());
    if (archive == null) {
      throw new EmbeddedServiceException(
          Reason.PLATFORM,
          "This build has no PostgreSQL for %s on %s: build Twin on this machine (./twin does)."
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    }
    Path home = unpack(archive, directory);
    return new PostgresPrograms(home, directory, prefixFor(home, directory));
  }

  /** Whether a process runs one of the programs that this directory has or had. */
  static boolean isProcessOf(Path directory, ProcessHandle process) {
    return process
        .info()
        .command()
        .map(command -> Path.of(command).startsWith(directory))
        .orElse(false);
  }

  /**
   * Deletes the programs of other versions of Twin, which nothing may be running any more. Left
   * behind they would only cost disk.
   */
  void deleteOlder() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.toList()) {
        if (entry.getFileName().toString().startsWith("server-") && !entry.equals(home)) {
          DataDirectory.deleteTree(entry);
        }
      }
    }
  }

  /**
   * Runs a program and waits for its end.
   *
   * @throws EmbeddedServiceException if it has not ended by the timeout; it is killed then
   */
  Result run(Duration timeout, String program, List<String> arguments)
      throws IOException, InterruptedException, EmbeddedServiceException {
    List<String> command = new ArrayList<>(prefix);
    command.add(home.resolve("bin").resolve(program).toString());
    command.addAll(arguments);
    Result result = run(timeout, directory, command);
    if (result == null) {
      throw new EmbeddedServiceException(
          Reason.START_FAILED,
          "PostgreSQL's %s did not end within %d s.".formatted(program, timeout.toSeconds()));
    }
    return result;
  }

  private static String archiveName() {
    boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    return "postgres-%s-%s.txz".formatted(mac ? "darwin" : "linux", arm ? "arm_64" : "x86_64");
  }

  /**
   * The programs are in a directory named after the archive's digest, so that a new version of Twin
   * unpacks its own, and marked when complete, so that an unpacking that was killed starts again.
   */
  private static Path unpack(URL archive, Path directory) throws IOException {
    Path home = directory.resolve("server-" + digest(archive).substring(0, 16));
    if (Files.exists(home.resolve(COMPLETE))) {
      return home;
    }
    DataDirectory.deleteTree(home);
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new XZInputStream(archive.openStream()))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        unpack(tar, entry, home);
      }
    }
    Files.createFile(home.resolve(COMPLETE));
    return home;
  }

  private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path home)
      throws IOException {
    Path target = home.resolve(entry.getName()).normalize();
    if (!target.startsWith(home)) {
      throw new IOException("The archive has an entry outside of itself: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    Files.createDirectories(target.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.copy(home.resolve(entry.getLinkName()).normalize(), target);
    } else if (!target
        .getFileName()
        .toString()
        .endsWith(".a")) { // linking needs these, running not
      Files.copy(tar, target, StandardCopyOption.REPLACE_EXISTING);
      if (target.startsWith(home.resolve("bin"))) {
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
  }

  private static String digest(URL archive) throws IOException {
    try (InputStream in = archive.openStream()) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  /** The words before each command that make PostgreSQL accept the user who runs it. */
  private static List<String> prefixFor(Path home, Path directory)
      throws IOException, InterruptedException, EmbeddedServiceException {
    if (new UnixSystem().getUid() != 0) {
      requireRuns(List.of(), home, directory, "");
      return List.of();
    }
    List<String> namespace = List.of("unshare", "--user", "--");
    giveTo("root", directory);
    if (runs(namespace, home, directory)) {
      return namespace;
    }
    String account = hasAccount("postgres") ? "postgres" : "nobody";
    giveTo(account, directory);
    List<String> switched =
        List.of("setpriv", "--reuid=" + account, "--regid=" + account, "--init-groups", "--");
    requireRuns(
        switched,
        home,
        directory,
        (" PostgreSQL does not run as root, user namespaces are not allowed here, and the account"
                + " %s cannot run it: start Twin as another user, or choose a --data-dir that %s"
                + " can reach.")
            .formatted(account, account));
    return switched;
  }

  private static void requireRuns(
      List<String> prefix, Path home, Path directory, String explanation)
      throws IOException, InterruptedException, EmbeddedServiceException {
    if (!runs(prefix, home, directory)) {
      throw new EmbeddedServiceException(
          Reason.PLATFORM,
          "PostgreSQL cannot be run from %s on this machine.%s".formatted(home, explanation));
    }
  }

  /**
   * Whether a program of PostgreSQL starts with this prefix; initdb says its version to anybody.
   */
  private static boolean runs(List<String> prefix, Path home, Path directory)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(prefix);
    command.add(home.resolve("bin/initdb").toString());
    command.add("--version");
    try {
      Result result = run(PROBE_TIMEOUT, directory, command);
      if (result != null && result.exitStatus() == 0) {
        return true;
      }
      log.debug("{} does not run PostgreSQL: {}", prefix, result);
    } catch (IOException e) {
      // A word of the prefix, or the program, cannot be executed here: that is the answer.
      log.debug("{} does not run PostgreSQL: {}", prefix, e.toString());
    }
    return false;
  }

  private static boolean hasAccount(String name) {
    try {
      FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Only where it belongs to another: changing hands costs a walk over all the data. */
  private static void giveTo(String account, Path directory)
      throws IOException, InterruptedException, EmbeddedServiceException {
    Path newest = directory.resolve("data");
    Path sample = Files.exists(newest) ? newest : directory;
    if (Files.getOwner(sample).getName().equals(account)
        && Files.getOwner(directory).getName().equals(account)) {
      return;
    }
    Result result =
        run(CHOWN_TIMEOUT, directory, List.of("chown", "-R", account, directory.toString()));
    if (result == null || result.exitStatus() != 0) {
      throw new EmbeddedServiceException(
          Reason.PLATFORM, "%s could not be given to %s.".formatted(directory, account));
    }
  }

  private static @Nullable Result run(Duration timeout, Path directory, List<String> command)
      throws IOException, InterruptedException {
    // A file instead of a pipe: a server that a program leaves running would keep a pipe open, and
    // reading it would never end.
    Path output = Files.createTempFile("twin-postgres", ".out");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      // Messages that the code looks at, and no settings of a PostgreSQL installed here.
      builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
      builder.environment().put("LC_ALL", "C");
      Process process = builder.start();
      process.getOutputStream().close();
      try {
        return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)
            ? new Result(process.exitValue(), Files.readString(output))
            : null;
      } finally {
        // Nothing to do but after a timeout or an interruption.
        process.destroyForcibly();
      }
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
