package twin.http.security;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;

/** Signing in and out, for browsers: they cannot send a key with every request. */
final class SessionEndpoints {

  private final ApiKeys keys;
  private final Sessions sessions;

  SessionEndpoints(ApiKeys keys, Sessions sessions) {
    this.keys = keys;
    this.sessions = sessions;
  }

  List<Endpoint> all() {
    return List.of(
        Endpoint.post("/api/v1/auth/login", this::login).withoutKey(),
        Endpoint.post("/api/v1/auth/logout", this::logout).withoutKey(),
        Endpoint.get("/api/v1/auth/me", this::me));
  }

  private CompletionStage<HttpResponse> login(Call call) {
    if (keys.isEmpty()) {
      throw Problem.conflict(
              "This server has no API keys, and none is needed: only its own machine reaches it.")
          .toException();
    }
    return call.body().thenApply(body -> login(call, body.only("api_key")));
  }

  private HttpResponse login(Call call, Body body) {
    ApiKey key =
        keys.presented(body.requiredText("api_key").strip())
            .orElseThrow(() -> KeyAccess.refused("This API key is not known here."));
    Instant end = sessions.end();
    HttpResponse answer =
        Json.ok(
            out -> {
              out.writeStartObject();
              out.writeStringField("name", key.name());
              out.writeStringField("expires", Json.time(end));
              out.writeEndObject();
            });
    return answer.addHeader(cookie(call, sessions.token(key, end), sessions.length()));
  }

  private CompletionStage<HttpResponse> logout(Call call) {
    return CompletableFuture.completedFuture(
        HttpResponse.create()
            .withStatus(StatusCodes.NO_CONTENT)
            .addHeader(cookie(call, "", Duration.ZERO)));
  }

  private CompletionStage<HttpResponse> me(Call call) {
    return CompletableFuture.completedFuture(
        Json.ok(
            out -> {
              out.writeStartObject();
              out.writeStringField("name", call.caller().name());
              out.writeStringField("means", call.caller().means().name().toLowerCase(Locale.ROOT));
              out.writeEndObject();
            }));
  }

  private static RawHeader cookie(Call call, String value, Duration length) {
    return RawHeader.create(
        "Set-Cookie",
        "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s"
            .formatted(
                KeyAccess.COOKIE, value, length.toSeconds(), call.overTls() ? "; Secure" : ""));
  }
}
