package twin.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The Unity package of this project: its scripts, and what they send and show to the byte. */
final class UnityScripts {

  private static final Path PACKAGE = Path.of("../clients/unity");
  private static final Path TESTS = PACKAGE.resolve("Tests~");

  /** The {@code seq} of each machine's last reading among the golden bytes. */
  static final long LAST_SEQ = 1_767_225_600_002L;

  /** A message that the scripts publish. */
  record Message(String topic, String machineId, String json) {}

  private UnityScripts() {}

  static Path golden(String name) {
    return TESTS.resolve("golden").resolve(name);
  }

  /** What a scene publishes in its first frames; that it does is {@link UnityScriptsTest}'s. */
  static List<Message> published() throws IOException {
    List<Message> messages = new ArrayList<>();
    for (String line : Files.readAllLines(golden("readings.tsv"))) {
      int tab = line.indexOf('\t');
      String topic = line.substring(0, tab);
      messages.add(new Message(topic, topic.split("/", -1)[3], line.substring(tab + 1)));
    }
    return messages;
  }

  /** Compiles the scripts and their sample against stubs of UnityEngine and MQTTnet. */
  static Path compile(ForeignProgram compiler, Path directory) throws Exception {
    Path program = directory.resolve("unity.exe");
    List<String> arguments =
        new ArrayList<>(List.of("-langversion:7", "-warn:4", "-warnaserror", "-out:" + program));
    for (Path part :
        List.of(
            PACKAGE.resolve("Runtime"),
            PACKAGE.resolve("Samples~/FactoryLine"),
            TESTS.resolve("Stubs"),
            TESTS)) {
      try (Stream<Path> files = Files.list(part)) {
        files
            .map(Path::toString)
            .filter(file -> file.endsWith(".cs"))
            .sorted()
            .forEach(arguments::add);
      }
    }
    compiler.run(directory, arguments.toArray(String[]::new));
    return program;
  }
}
