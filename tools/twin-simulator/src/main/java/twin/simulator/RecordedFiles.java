package twin.simulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Several recorded files, one after another in the order of their names. */
final class RecordedFiles implements Recorded {
  private final Deque<Path> left;
  private final SimulatedType.Opener opener;
  private @Nullable Recorded current;
  private long machinesBefore;

  private RecordedFiles(List<Path> files, SimulatedType.Opener opener) {
    left = new ArrayDeque<>(files);
    this.opener = opener;
  }

  /**
   * The file, or the files of that kind anywhere under the folder.
   *
   * @param kind what to call the files in a message
   */
  static Recorded open(
      Path path, String kind, Predicate<String> isName, SimulatedType.Opener opener)
      throws IOException {
    if (!Files.isDirectory(path)) {
      return opener.open(path);
    }
    try (Stream<Path> found = Files.walk(path)) {
      List<Path> files =
          found
              .filter(file -> isName.test(file.getFileName().toString()))
              .filter(Files::isRegularFile)
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new RecordedDataException("There is no %s in %s.".formatted(kind, path));
      }
      return new RecordedFiles(files, opener);
    }
  }

  @Override
  public @Nullable Reading next() throws IOException {
    Reading reading = current == null ? null : current.next();
    while (reading == null && !left.isEmpty()) {
      close();
      current = opener.open(left.remove());
      reading = current.next();
    }
    return reading;
  }

  @Override
  public long machines() {
    return machinesBefore + (current == null ? 0 : current.machines());
  }

  @Override
  public void close() throws IOException {
    if (current != null) {
      machinesBefore += current.machines();
      current.close();
      current = null;
    }
  }
}
