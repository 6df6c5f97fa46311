package twin.http.security;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.AccountStore;
import twin.core.store.SiteScope;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.Role;

/** Who may sign in with a password. Nobody is deleted: their names stand in the journal. */
final class UserEndpoints {

  private static final Logger log = LoggerFactory.getLogger(UserEndpoints.class);

  private final AccountStore store;
  private final KnownCallers callers;
  private final Passwords passwords;
  private final int most;
  private final InstantSource clock;

  UserEndpoints(
      AccountStore store,
      KnownCallers callers,
      Passwords passwords,
      int most,
      InstantSource clock) {
    this.store = store;
    this.callers = callers;
    this.passwords = passwords;
    this.most = most;
    this.clock = clock;
  }

  List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/users", this::list).requires(Role.ADMINISTRATOR),
        Endpoint.post("/api/v1/users", this::create).requires(Role.ADMINISTRATOR),
        Endpoint.patch("/api/v1/users/{name}", this::change).requires(Role.ADMINISTRATOR));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    return callers
        .reload()
        .thenApply(done -> Json.list(callers.users(), null, UserEndpoints::write));
  }

  private static void write(JsonGenerator out, AccountStore.User user) throws IOException {
    out.writeStartObject();
    out.writeStringField("name", user.name());
    out.writeStringField("role", user.role());
    out.writePOJOField("sites", new TreeSet<>(user.sites().names()));
    out.writeBooleanField("disabled", user.disabled());
    Json.time(out, "locked_until", user.lockedUntil());
    out.writeStringField("created_at", Json.time(user.createdAt()));
    out.writeStringField("created_by", user.createdBy());
    Json.time(out, "last_login_at", user.lastLoginAt());
    out.writeEndObject();
  }

  private CompletionStage<HttpResponse> create(Call call) {
    return call.body()
        .thenCompose(
            body -> {
              body.only("name", "password", "role", "sites");
              String name = newName(body, callers, callers.users().size(), most);
              Role role = role(body).orElseThrow(UserEndpoints::roleMissing);
              SiteScope sites = sites(body).orElse(SiteScope.ALL);
              requireGrant(role, sites);
              String password = AuthEndpoints.newPassword(name, body, "password");
              return passwords
                  .hash(password)
                  .thenCompose(
                      hash ->
                          store.addUser(
                              new AccountStore.User(
                                  name,
                                  hash,
                                  role.label(),
                                  sites,
                                  false,
                                  0,
                                  null,
                                  clock.instant(),
                                  call.caller().name(),
                                  null)))
                  .thenCompose(
                      added -> {
                        if (!added) {
                          throw taken(name);
                        }
                        log.info(
                            "{} has made the user {} with the role {}",
                            call.caller().name(),
                            name,
                            role.label());
                        return shown(name, StatusCodes.CREATED);
                      });
            });
  }

  private CompletionStage<HttpResponse> shown(String name, StatusCode status) {
    return callers
        .reload()
        .thenCompose(done -> store.user(name))
        .thenApply(
            found -> {
              AccountStore.User user = found.orElseThrow(() -> unknown(name));
              return Json.answer(status, out -> write(out, user));
            });
  }

  private CompletionStage<HttpResponse> change(Call call) {
    String name = call.segment("name");
    return call.body()
        .thenCompose(
            body -> {
              body.only("role", "sites", "disabled", "password");
              Optional<Role> role = role(body);
              Optional<SiteScope> sites = sites(body);
              Optional<Boolean> disabled = body.flag("disabled");
              Optional<String> password =
                  body.text("password")
                      .map(given -> AuthEndpoints.newPassword(name, body, "password"));
              return existing(name)
                  .thenCompose(
                      user -> {
                        requireGrant(
                            role.orElseGet(() -> Grants.role(user.role())),
                            sites.orElse(user.sites()));
                        return store.changeUser(
                            name,
                            new AccountStore.UserChange(
                                role.map(Role::label).orElse(null),
                                sites.orElse(null),
                                disabled.orElse(null)));
                      })
                  .thenCompose(
                      changed ->
                          changed == AccountStore.Changed.DONE
                              ? setPassword(name, password).thenApply(done -> changed)
                              : CompletableFuture.completedFuture(changed))
                  .thenCompose(changed -> changed(call, name, changed));
            });
  }

  private CompletionStage<HttpResponse> changed(
      Call call, String name, AccountStore.Changed changed) {
    return switch (changed) {
      case DONE -> {
        log.info("{} has changed the user {}", call.caller().name(), name);
        yield shown(name, StatusCodes.OK);
      }
      case NOT_FOUND -> throw unknown(name);
      case LAST_ADMINISTRATOR ->
          throw Problem.conflict(
                  "%s is the last administrator: make another one first.".formatted(name))
              .toException();
    };
  }

  /** Sets a password where one is given; what has been given out ends with it. */
  private CompletionStage<Boolean> setPassword(String name, Optional<String> password) {
    return password
        .map(given -> passwords.hash(given).thenCompose(hash -> store.setPassword(name, hash)))
        .orElseGet(() -> CompletableFuture.completedFuture(true));
  }

  private CompletionStage<AccountStore.User> existing(String name) {
    if (!Names.isName(name)) {
      throw unknown(name);
    }
    return store.user(name).thenApply(found -> found.orElseThrow(() -> unknown(name)));
  }

  private static RuntimeException unknown(String name) {
    return Problem.notFound(
            "There is no user '%s'. GET /api/v1/users lists those there are.".formatted(name))
        .toException();
  }

  /**
   * A name for a user or a key: neither has that of another, for the journal shows nothing else.
   */
  static String newName(Body body, KnownCallers callers, int present, int most) {
    String name = body.requiredText("name");
    if (!Names.isName(name)) {
      throw Problem.badRequest("The member name cannot be used: %s.".formatted(Names.RULE))
          .toException();
    }
    if (callers.user(name).isPresent() || callers.key(name).isPresent()) {
      throw taken(name);
    }
    if (present >= most) {
      throw Problem.conflict("There are %d already, as many as may be.".formatted(most))
          .toException();
    }
    return name;
  }

  static RuntimeException taken(String name) {
    return Problem.conflict("A user or a key is called '%s' already.".formatted(name))
        .toException();
  }

  static RuntimeException roleMissing() {
    return Problem.badRequest(
            "The body must have the member role: viewer, operator, engineer or administrator.")
        .toException();
  }

  static Optional<Role> role(Body body) {
    return body.text("role").map(label -> Call.checked(() -> Grants.role(label)));
  }

  static Optional<SiteScope> sites(Body body) {
    return body.textList("sites").map(names -> Call.checked(() -> Grants.sites(names)));
  }

  static void requireGrant(Role role, SiteScope sites) {
    Call.checked(
        () -> {
          Grants.require(role, sites);
          return role;
        });
  }
}
