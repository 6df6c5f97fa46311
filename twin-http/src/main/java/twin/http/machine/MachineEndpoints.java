package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.jspecify.annotations.Nullable;
import twin.core.machine.Definition;
import twin.core.machine.Description;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.core.reading.Times;
import twin.core.type.Channel;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.EntityTag;
import twin.http.Json;
import twin.http.Problem;
import twin.http.Role;
import twin.http.idempotency.Idempotency;

/** One machine: its state, strongly consistent, and what people say of it. */
public final class MachineEndpoints {

  /** How often a change is tried while others change the same machine. */
  private static final int CHANGE_ATTEMPTS_MAX = 5;

  private static final Pattern FAILURE_MODE = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  private final Twins twins;
  private final History history;
  private final Changes changes;
  private final Types types;
  private final InstantSource clock;
  private final Idempotency idempotency;

  public MachineEndpoints(
      Twins twins, History history, Types types, InstantSource clock, Idempotency idempotency) {
    this.twins = twins;
    this.history = history;
    this.changes = new Changes(twins);
    this.types = types;
    this.clock = clock;
    this.idempotency = idempotency;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.post("/api/v1/machines", idempotency.once(this::register)),
        Endpoint.get("/api/v1/machines/{id}", this::description),
        Endpoint.patch("/api/v1/machines/{id}", this::change),
        Endpoint.delete("/api/v1/machines/{id}", this::retire).taking("reason"),
        Endpoint.get("/api/v1/machines/{id}/state", this::state)
            .taking("revision", "at", "known_at"),
        Endpoint.post("/api/v1/machines/{id}/maintenance", idempotency.once(this::maintain))
            .requires(Role.OPERATOR));
  }

  private CompletionStage<HttpResponse> state(Call call) {
    boolean past = call.text("revision").isPresent();
    long revision = call.integer("revision", 1, Long.MAX_VALUE, 1);
    Optional<Instant> at = call.time("at").map(Times::withinReach);
    Optional<Instant> knownAt = call.time("known_at").map(Times::withinReach);
    if (Stream.of(past, at.isPresent(), knownAt.isPresent()).filter(given -> given).count() > 1) {
      throw Problem.badRequest(
              "The parameters revision, at and known_at each name a moment: give one of them.")
          .toException();
    }
    return twins
        .existing(call.caller(), call.segment("id"))
        .thenCompose(
            now -> {
              if (past) {
                return history.state(now, revision).thenApply(MachineEndpoints::then);
              }
              if (at.isPresent()) {
                return history
                    .stateAt(now, at.get())
                    .thenApply(
                        state ->
                            // What happened before its first reading has no time of its own.
                            state.watermark() == null ? MachineState.empty(now.machineId()) : state)
                    .thenApply(MachineEndpoints::then);
              }
              if (knownAt.isPresent()) {
                return history.stateKnownAt(now, knownAt.get()).thenApply(MachineEndpoints::then);
              }
              return CompletableFuture.completedFuture(shown(now, clock.instant()));
            });
  }

  /** A past state, as it was seen when it came about: nobody had been silent since. */
  private static HttpResponse then(MachineState state) {
    if (!state.exists()) {
      throw Problem.notFound(
              "Nothing had been heard of machine '%s' then. GET /api/v1/machines/%s/events begins with its first event."
                  .formatted(state.machineId(), state.machineId()))
          .toException();
    }
    return shown(state, state.recordedAt());
  }

  private static HttpResponse shown(MachineState state, Instant seen) {
    return HttpResponse.create()
        .withEntity(ContentTypes.APPLICATION_JSON, StateJson.bytes(state, seen));
  }

  private CompletionStage<HttpResponse> description(Call call) {
    return twins
        .existing(call.caller(), call.segment("id"))
        .thenApply(state -> tag(state).on(call, Json.ok(out -> writeDescription(out, state))));
  }

  /**
   * What is told of a machine moves with each event; what can be changed of it does not. So the tag
   * has two parts, and a change needs only the second to be as it was.
   */
  private static EntityTag tag(MachineState state) {
    return new EntityTag(state.revision() + "-" + tagOfDescription(state));
  }

  private static String tagOfDescription(MachineState state) {
    byte[] described =
        Json.bytes(
            out -> {
              out.writeStartArray();
              out.writeBoolean(state.registered());
              out.writeBoolean(state.retired());
              out.writeString(state.typeName());
              out.writePOJO(state.description());
              out.writeEndArray();
            });
    return EntityTag.digest(described);
  }

  private static void requireUnchanged(Call call, MachineState state) {
    String good = "-" + tagOfDescription(state);
    EntityTag.requireMatch(
        call, "Machine '%s'".formatted(state.machineId()), tag -> tag.endsWith(good));
  }

  private static void writeDescription(JsonGenerator out, MachineState state) throws IOException {
    Description description = state.description();
    out.writeStartObject();
    out.writeStringField("machine_id", state.machineId());
    Json.text(out, "machine_type", state.typeName());
    out.writeNumberField("revision", state.revision());
    out.writeBooleanField("registered", state.registered());
    out.writeBooleanField("retired", state.retired());
    Json.text(out, "site", description.site());
    Json.text(out, "area", description.area());
    Json.text(out, "line", description.line());
    out.writeObjectFieldStart("attributes");
    for (Map.Entry<String, String> attribute : description.attributes().entrySet()) {
      out.writeStringField(attribute.getKey(), attribute.getValue());
    }
    out.writeEndObject();
    out.writeNumberField("readings", state.readings());
    out.writeArrayFieldStart("channels");
    Definition definition = state.definition();
    if (definition != null) {
      for (Channel channel : definition.type().channels()) {
        out.writeStartObject();
        out.writeStringField("name", channel.name());
        Json.text(out, "unit", channel.unit());
        Json.number(out, "min", (Double) channel.min());
        Json.number(out, "max", (Double) channel.max());
        out.writeEndObject();
      }
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private CompletionStage<HttpResponse> register(Call call) {
    return call.body()
        .thenCompose(
            body -> {
              body.only(
                  "machine_id", "machine_type", "site", "area", "line", "attributes", "reason");
              String id = body.requiredText("machine_id");
              if (!SubmittedReading.isMachineId(id)) {
                throw Problem.badRequest(
                        "The member machine_id must match %s."
                            .formatted(SubmittedReading.MACHINE_ID))
                    .toException();
              }
              Description description = merged(Description.NONE, body);
              String type = type(body);
              requireSite(call, description);
              return changes.create(
                  call.caller(),
                  id,
                  replyTo ->
                      new MachineCommand.Register(
                          description, type, call.caller().name(), reason(body), replyTo));
            });
  }

  private CompletionStage<HttpResponse> change(Call call) {
    return call.body()
        .thenCompose(
            body -> {
              body.only("machine_type", "site", "area", "line", "attributes", "reason");
              String type = type(body);
              return describe(call, body, type, CHANGE_ATTEMPTS_MAX);
            });
  }

  /** Changes what is there, anew when somebody else has changed it in the same moment. */
  private CompletionStage<HttpResponse> describe(
      Call call, Body body, @Nullable String type, int attempts) {
    String id = call.segment("id");
    return twins
        .existing(call.caller(), id)
        .thenCompose(
            state -> {
              requireUnchanged(call, state);
              Description before = state.description();
              Description description = merged(before, body);
              requireSite(call, description);
              return twins.<MachineReply.Changed>ask(
                  id,
                  replyTo ->
                      new MachineCommand.Describe(
                          description, type, before, call.caller().name(), reason(body), replyTo));
            })
        .thenCompose(
            changed -> {
              if (changed.result() != MachineReply.ChangeResult.OUTDATED) {
                return CompletableFuture.completedFuture(
                    Changes.answer(id, StatusCodes.OK, changed));
              }
              if (attempts == 1) {
                throw Problem.unavailable(
                        "Others change machine '%s' in the same moment. Ask again.".formatted(id))
                    .toException();
              }
              return describe(call, body, type, attempts - 1);
            });
  }

  /** Who sees only some sites puts machines nowhere else. */
  private static void requireSite(Call call, Description description) {
    if (!call.caller().sees(description.site())) {
      throw Problem.of(
              StatusCodes.FORBIDDEN,
              "The member site must be one that %s sees: %s."
                  .formatted(
                      call.caller().name(),
                      String.join(", ", new TreeSet<>(call.caller().sites().names()))))
          .toException();
    }
  }

  /** A description with what a body says of it: a member that is null takes something away. */
  private static Description merged(Description before, Body body) {
    SortedMap<String, String> attributes = new TreeMap<>(before.attributes());
    body.texts("attributes")
        .forEach(
            (name, value) ->
                value.ifPresentOrElse(
                    text -> attributes.put(name, text), () -> attributes.remove(name)));
    return Call.checked(
        () ->
            new Description(
                merged(before.site(), body, "site"),
                merged(before.area(), body, "area"),
                merged(before.line(), body, "line"),
                attributes));
  }

  private static @Nullable String merged(@Nullable String before, Body body, String name) {
    return body.has(name) ? body.text(name).orElse(null) : before;
  }

  private @Nullable String type(Body body) {
    Optional<String> name = body.text("machine_type");
    if (name.isPresent() && types.inForce().find(name.get()).isEmpty()) {
      throw Problem.badRequest(
              "There is no machine type '%s'; GET /api/v1/types lists those there are, and PUT"
                      .formatted(name.get())
                  + " /api/v1/types/NAME makes one.")
          .toException();
    }
    return name.orElse(null);
  }

  private static String reason(Body body) {
    return shortText("reason", body.text("reason")).orElse("");
  }

  private static Optional<String> shortText(String name, Optional<String> text) {
    text.filter(value -> value.length() > Description.MAX_LENGTH)
        .ifPresent(
            value -> {
              throw Problem.badRequest(
                      "The member %s may have at most %d characters."
                          .formatted(name, Description.MAX_LENGTH))
                  .toException();
            });
    return text;
  }

  private CompletionStage<HttpResponse> retire(Call call) {
    String reason = shortText("reason", call.text("reason")).orElse("");
    String id = call.segment("id");
    return twins
        .existing(call.caller(), id)
        .thenCompose(
            state -> {
              requireUnchanged(call, state);
              Description expected =
                  call.header("If-Match").map(tag -> state.description()).orElse(null);
              return changes.ask(
                  call.caller(),
                  id,
                  StatusCodes.OK,
                  replyTo ->
                      new MachineCommand.Retire(expected, call.caller().name(), reason, replyTo));
            });
  }

  private CompletionStage<HttpResponse> maintain(Call call) {
    String id = call.segment("id");
    Twins.requireId(id);
    return call.body()
        .thenCompose(
            body -> {
              body.only("kind", "note", "failure_mode");
              String kind = body.requiredText("kind");
              shortText("kind", Optional.of(kind));
              String note = shortText("note", body.text("note")).orElse("");
              Optional<String> failureMode = body.text("failure_mode");
              failureMode.ifPresent(MachineEndpoints::requireName);
              return changes.ask(
                  call.caller(),
                  id,
                  StatusCodes.OK,
                  replyTo ->
                      new MachineCommand.RecordMaintenance(
                          kind, note, failureMode.orElse(null), call.caller().name(), replyTo));
            });
  }

  private static void requireName(String failureMode) {
    if (!FAILURE_MODE.matcher(failureMode).matches()) {
      throw Problem.badRequest(
              "failure_mode must be a name like bearing_wear: small letters, digits and _, at most"
                  + " 64, beginning with a letter.")
          .toException();
    }
  }
}
