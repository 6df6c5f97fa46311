package twin.http.machine;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.http.Caller;
import twin.http.EntityTag;
import twin.http.Json;
import twin.http.Problem;

/** Asks a twin for a change and answers with what became of it. */
public final class Changes {

  private final Twins twins;

  public Changes(Twins twins) {
    this.twins = twins;
  }

  /**
   * Asks for a change of a machine that the caller sees.
   *
   * @param done status of the answer when something was changed
   */
  public CompletionStage<HttpResponse> ask(
      Caller caller,
      String machineId,
      StatusCode done,
      Function<ActorRef<MachineReply.Changed>, MachineCommand> command) {
    return twins
        .seen(caller, machineId)
        .thenCompose(may -> twins.ask(machineId, command))
        .thenApply(changed -> answer(machineId, done, changed));
  }

  /** The same for a machine that need not be there yet. */
  CompletionStage<HttpResponse> create(
      Caller caller,
      String machineId,
      Function<ActorRef<MachineReply.Changed>, MachineCommand> command) {
    return twins
        .seenOrVacant(caller, machineId)
        .thenCompose(may -> twins.ask(machineId, command))
        .thenApply(changed -> answer(machineId, StatusCodes.CREATED, changed));
  }

  /** What became of a change, as an answer. */
  static HttpResponse answer(String machineId, StatusCode done, MachineReply.Changed changed) {
    return switch (changed.result()) {
      case DONE -> success(machineId, done, changed);
      case UNCHANGED -> success(machineId, StatusCodes.OK, changed);
      case NOT_FOUND ->
          (changed.detail().isEmpty()
                  ? Twins.unknown(machineId)
                  : Problem.notFound(changed.detail()))
              .toResponse();
      case CONFLICT -> Problem.conflict(changed.detail()).toResponse();
      case OUTDATED -> EntityTag.changed("Machine '%s'".formatted(machineId)).toResponse();
    };
  }

  private static HttpResponse success(
      String machineId, StatusCode status, MachineReply.Changed changed) {
    HttpResponse response =
        Json.answer(
            status,
            out -> {
              out.writeStartObject();
              out.writeStringField("machine_id", machineId);
              out.writePOJOField("result", changed.result());
              out.writeNumberField("revision", changed.revision());
              out.writeEndObject();
            });
    return status.equals(StatusCodes.CREATED)
        ? response.addHeader(RawHeader.create("Location", "/api/v1/machines/" + machineId))
        : response;
  }
}
