package twin.core.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** The smallest thing that writes to the journal as a twin does. */
final class Tally extends EventSourcedBehavior<Tally.Command, Tally.Noted, Tally.State> {
  sealed interface Command {}

  /** Persist these together. */
  record Note(List<Noted> events, ActorRef<Done> replyTo) implements Command {}

  record Get(ActorRef<State> replyTo) implements Command {}

  /** An event with a manifest of its own. */
  record Noted(String manifest, String text) {}

  record State(List<String> texts) {}

  private Tally(PersistenceId id) {
    super(id);
  }

  static Behavior<Command> create(String id) {
    return new Tally(PersistenceId.ofUniqueId(id));
  }

  @Override
  public State emptyState() {
    return new State(List.of());
  }

  @Override
  public CommandHandler<Command, Noted, State> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(
            Note.class,
            note -> Effect().persist(note.events()).thenRun(() -> note.replyTo().tell(Done.done())))
        .onCommand(
            Get.class, (state, get) -> Effect().none().thenRun(s -> get.replyTo().tell(state)))
        .build();
  }

  @Override
  public EventHandler<State, Noted> eventHandler() {
    return newEventHandlerBuilder()
        .forAnyState()
        .onEvent(
            Noted.class,
            (state, event) -> {
              List<String> texts = new ArrayList<>(state.texts());
              texts.add(event.text());
              return new State(texts);
            })
        .build();
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(5, 2);
  }

  /** Text as it is; a state is its lines. */
  static final class Serializer extends SerializerWithStringManifest {
    @Override
    public int identifier() {
      return 77_001;
    }

    @Override
    public String manifest(Object object) {
      return object instanceof Noted noted ? noted.manifest() : "state";
    }

    @Override
    public byte[] toBinary(Object object) {
      String text =
          object instanceof Noted noted
              ? noted.text()
              : String.join("\n", ((State) object).texts());
      return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) {
      String text = new String(bytes, StandardCharsets.UTF_8);
      return manifest.equals("state")
          ? new State(text.lines().toList())
          : new Noted(manifest, text);
    }
  }

  static final String SERIALIZATION =
      """
      pekko.actor {
        serializers.tally = "twin.core.store.Tally$Serializer"
        serialization-bindings {
          "twin.core.store.Tally$Noted" = tally
          "twin.core.store.Tally$State" = tally
        }
      }
      """;
}
