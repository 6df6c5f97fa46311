package twin.app.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.app.NodeConfig;
import twin.core.reading.SubmittedReading;
import twin.ingest.codec.CodecSettings;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Message;
import twin.ingest.mapping.Mapping;

/** Mappings of other devices' messages. */
@Command(
    name = "mapping",
    description = "Tries out the mappings of other devices' messages.",
    mixinStandardHelpOptions = true,
    subcommands = MappingCommand.Test.class)
final class MappingCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "say what to do, for example ./twin mapping test FILE < message");
  }

  /** What a message becomes. */
  @Command(
      name = "test",
      description = {
        "Reads one message from stdin and prints the readings that it becomes, a line each.",
        "Exit status: 0 all of it is readings, 1 some of it would be a dead letter, 2 the mapping"
            + " itself is wrong."
      },
      mixinStandardHelpOptions = true)
  static final class Test implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "The mapping, in HOCON.")
    private @Nullable Path file;

    @Option(names = "--topic", description = "The topic that the message comes on.")
    private @Nullable String topic;

    @Option(names = "--key", description = "The key that it has in Kafka.")
    private @Nullable String key;

    @Option(
        names = "--header",
        paramLabel = "NAME=VALUE",
        description = "A header in Kafka, or user property of MQTT 5; again for further ones.")
    private Map<String, String> headers = new LinkedHashMap<>();

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      Mapping mapping = mapping();
      CodecSettings settings =
          CodecSettings.from(NodeConfig.with(ConfigFactory.empty()).getConfig("twin.ingest.codec"));
      // A byte more than is allowed is enough to be told that it is too long.
      byte[] payload = System.in.readNBytes(settings.payloadBytesMax() + 1);
      Message message =
          new Message(
              topicFor(mapping),
              null,
              key,
              headers,
              Clock.systemUTC().instant(),
              null,
              false,
              payload);
      List<Decoded> members = mapping.decoder(settings).decode(message);
      PrintWriter out = spec.commandLine().getOut();
      out.print(json ? document(members) : lines(members));
      out.flush();
      return members.stream().allMatch(Decoded.Intact.class::isInstance)
          ? CommandLine.ExitCode.OK
          : CommandLine.ExitCode.SOFTWARE;
    }

    private Mapping mapping() {
      Path given = file;
      if (given == null || !Files.isReadable(given)) {
        throw usage("%s cannot be read".formatted(given));
      }
      try {
        Config config = ConfigFactory.parseFile(given.toFile()).resolve();
        return Mapping.read(config);
      } catch (ConfigException e) {
        throw usage(String.valueOf(e.getMessage()));
      }
    }

    private String topicFor(Mapping mapping) {
      if (topic != null) {
        return topic;
      }
      String only = mapping.onlyTopic().orElse("");
      if (only.isEmpty() && mapping.needsTopic()) {
        throw usage("the mapping looks at the topic: say on which the message comes with --topic");
      }
      return only;
    }

    private CommandLine.ParameterException usage(String message) {
      return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    private static String lines(List<Decoded> members) throws IOException {
      StringBuilder lines = new StringBuilder();
      for (Decoded member : members) {
        lines.append(
            switch (member) {
              case Decoded.Intact intact ->
                  write(generator -> writeReading(generator, intact.reading()));
              case Decoded.Broken broken ->
                  "dead letter %s: %s".formatted(broken.code(), broken.reason());
            });
        lines.append(System.lineSeparator());
      }
      return lines.toString();
    }

    private static String document(List<Decoded> members) throws IOException {
      return write(
              generator -> {
                generator.writeStartObject();
                generator.writeArrayFieldStart("readings");
                for (Decoded member : members) {
                  if (member instanceof Decoded.Intact intact) {
                    writeReading(generator, intact.reading());
                  }
                }
                generator.writeEndArray();
                generator.writeArrayFieldStart("dead_letters");
                for (Decoded member : members) {
                  if (member instanceof Decoded.Broken broken) {
                    writeBroken(generator, broken);
                  }
                }
                generator.writeEndArray();
                generator.writeEndObject();
              })
          + System.lineSeparator();
    }

    /** As a device would send it that knows this program. */
    private static void writeReading(JsonGenerator generator, SubmittedReading reading)
        throws IOException {
      generator.writeStartObject();
      generator.writeStringField("machine_id", reading.machineId());
      if (reading.machineType() != null) {
        generator.writeStringField("machine_type", reading.machineType());
      }
      generator.writeStringField("timestamp", reading.timestamp().toString());
      if (reading.seq() != null) {
        generator.writeNumberField("seq", reading.seq());
      }
      for (Map.Entry<String, String> text : new TreeMap<>(reading.texts()).entrySet()) {
        generator.writeStringField(text.getKey(), text.getValue());
      }
      for (Map.Entry<String, Double> number : new TreeMap<>(reading.numbers()).entrySet()) {
        generator.writeNumberField(number.getKey(), number.getValue());
      }
      generator.writeEndObject();
    }

    private static void writeBroken(JsonGenerator generator, Decoded.Broken broken)
        throws IOException {
      generator.writeStartObject();
      if (broken.machineId() != null) {
        generator.writeStringField("machine_id", broken.machineId());
      }
      generator.writeStringField("reason", broken.code());
      generator.writeStringField("detail", broken.reason());
      generator.writeEndObject();
    }

    private interface Writing {
      void to(JsonGenerator generator) throws IOException;
    }

    private static String write(Writing writing) throws IOException {
      StringWriter text = new StringWriter();
      try (JsonGenerator generator = new JsonFactory().createGenerator(text)) {
        writing.to(generator);
      }
      return text.toString();
    }
  }
}
