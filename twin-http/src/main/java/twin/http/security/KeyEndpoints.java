package twin.http.security;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.AccountStore;
import twin.core.store.SiteScope;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.Role;

/** API keys for devices and services. A key is shown once, when it is made. */
final class KeyEndpoints {

  private static final Logger log = LoggerFactory.getLogger(KeyEndpoints.class);

  /** By which a key that has got into a file can be recognised as one of ours. */
  private static final String PREFIX = "twin_";

  private final AccountStore store;
  private final KnownCallers callers;
  private final int most;
  private final InstantSource clock;

  KeyEndpoints(AccountStore store, KnownCallers callers, int most, InstantSource clock) {
    this.store = store;
    this.callers = callers;
    this.most = most;
    this.clock = clock;
  }

  List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/api-keys", this::list).requires(Role.ADMINISTRATOR),
        Endpoint.post("/api/v1/api-keys", this::create).requires(Role.ADMINISTRATOR),
        Endpoint.delete("/api/v1/api-keys/{name}", this::revoke).requires(Role.ADMINISTRATOR));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    return callers
        .reload()
        .thenApply(
            done ->
                Json.list(
                    callers.keys(),
                    null,
                    (out, key) -> {
                      out.writeStartObject();
                      write(out, key);
                      out.writeEndObject();
                    }));
  }

  private static void write(JsonGenerator out, KnownCallers.Key key) throws IOException {
    out.writeStringField("name", key.name());
    out.writeStringField("role", key.role().name().toLowerCase(Locale.ROOT));
    out.writePOJOField("sites", new TreeSet<>(key.sites().names()));
    out.writeBooleanField("configured", key.isConfigured());
    Json.time(out, "expires_at", key.expiresAt());
    Json.time(out, "created_at", key.createdAt());
    Json.text(out, "created_by", key.createdBy());
  }

  private CompletionStage<HttpResponse> create(Call call) {
    return call.body()
        .thenCompose(
            body -> {
              body.only("name", "role", "sites", "expires_at");
              String name = UserEndpoints.newName(body, callers, callers.keys().size(), most);
              Role role = UserEndpoints.role(body).orElseThrow(UserEndpoints::roleMissing);
              SiteScope sites = UserEndpoints.sites(body).orElse(SiteScope.ALL);
              UserEndpoints.requireGrant(role, sites);
              Optional<Instant> expires = body.time("expires_at");
              Instant now = clock.instant();
              if (expires.isPresent() && !now.isBefore(expires.get())) {
                throw Problem.badRequest("The member expires_at must be in the future.")
                    .toException();
              }
              String secret = PREFIX + Digests.random();
              AccountStore.Key key =
                  new AccountStore.Key(
                      name,
                      Digests.sha256(secret),
                      role.label(),
                      sites,
                      expires.orElse(null),
                      now,
                      call.caller().name());
              return store
                  .addKey(key)
                  .thenCompose(
                      added -> {
                        if (!added) {
                          throw UserEndpoints.taken(name);
                        }
                        log.info(
                            "{} has made the API key {} with the role {}",
                            call.caller().name(),
                            name,
                            role.label());
                        return callers.reload();
                      })
                  .thenApply(done -> answer(secret, KnownCallers.known(key)));
            });
  }

  private static HttpResponse answer(String secret, KnownCallers.Key key) {
    return Json.answer(
        StatusCodes.CREATED,
        out -> {
          out.writeStartObject();
          write(out, key);
          out.writeStringField("api_key", secret);
          out.writeEndObject();
        });
  }

  private CompletionStage<HttpResponse> revoke(Call call) {
    String name = call.segment("name");
    if (callers.key(name).filter(KnownCallers.Key::isConfigured).isPresent()) {
      throw Problem.conflict(
              "The key '%s' is in the configuration (twin.http.api-keys, TWIN_API_KEYS): take it away there and start the nodes again."
                  .formatted(name))
          .toException();
    }
    if (!Names.isName(name)) {
      throw unknown();
    }
    return store
        .removeKey(name)
        .thenCompose(
            removed -> {
              if (!removed) {
                throw unknown();
              }
              log.info("{} has taken the API key {} away", call.caller().name(), name);
              return callers.reload();
            })
        .thenApply(done -> HttpResponse.create().withStatus(StatusCodes.NO_CONTENT));
  }

  private static RuntimeException unknown() {
    return Problem.notFound("There is no such key. GET /api/v1/api-keys lists those there are.")
        .toException();
  }
}
