package twin.http.security;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.AccountStore;
import twin.http.Body;
import twin.http.Call;
import twin.http.Caller;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.Role;

/**
 * Signing in and out. A program gets tokens in the answer; a browser a cookie that no script can
 * read, and nothing else.
 */
final class AuthEndpoints {

  private static final Logger log = LoggerFactory.getLogger(AuthEndpoints.class);

  private final SecuritySettings settings;
  private final AccountStore store;
  private final KnownCallers callers;
  private final Tokens tokens;
  private final CallerAccess access;
  private final RateLimits limits;
  private final SignIn signIn;
  private final Passwords passwords;
  private final InstantSource clock;

  AuthEndpoints(
      SecuritySettings settings,
      AccountStore store,
      KnownCallers callers,
      Tokens tokens,
      CallerAccess access,
      RateLimits limits,
      Passwords passwords,
      InstantSource clock) {
    this.settings = settings;
    this.store = store;
    this.callers = callers;
    this.tokens = tokens;
    this.access = access;
    this.limits = limits;
    this.signIn = new SignIn(store, passwords, settings.lockout(), clock);
    this.passwords = passwords;
    this.clock = clock;
  }

  List<Endpoint> all() {
    return List.of(
        Endpoint.post("/api/v1/auth/login", this::login).withoutKey(),
        Endpoint.post("/api/v1/auth/refresh", this::refresh).withoutKey(),
        Endpoint.post("/api/v1/auth/logout", this::logout).withoutKey(),
        Endpoint.get("/api/v1/auth/me", this::me),
        Endpoint.put("/api/v1/auth/password", this::changePassword).requires(Role.VIEWER));
  }

  private void requireOn() {
    if (!settings.on()) {
      throw Problem.conflict(
              "Nobody has to sign in to this server: only its own machine reaches it.")
          .toException();
    }
  }

  private CompletionStage<HttpResponse> login(Call call) {
    requireOn();
    limits.takeOfSignIns(call.request());
    return call.body()
        .thenCompose(
            body -> {
              body.only("name", "password", "session", "api_key");
              if (body.has("api_key")) {
                return CompletableFuture.completedFuture(
                    sessionOfKey(call, body.only("api_key").requiredText("api_key").strip()));
              }
              String name = body.requiredText("name");
              String password = body.requiredText("password");
              boolean session = body.flag("session").orElse(false);
              return signIn
                  .check(name, password)
                  .thenCompose(user -> signedIn(call, user, session));
            });
  }

  private HttpResponse sessionOfKey(Call call, String secret) {
    KnownCallers.Key key =
        callers
            .presented(secret)
            .orElseThrow(() -> CallerAccess.refused("This API key is not known here."));
    return session(
        call,
        new Tokens.Claims(
            Tokens.Holder.KEY, key.name(), tokens.versionOfKey(key.digest()), Digests.random()),
        KnownCallers.caller(key, Caller.Means.SESSION));
  }

  private CompletionStage<HttpResponse> signedIn(
      Call call, AccountStore.User user, boolean session) {
    log.info("{} has signed in", user.name());
    // What this node knows of the accounts may be older than the sign-in.
    return callers
        .reload()
        .thenCompose(
            done -> {
              Tokens.Claims claims = claims(user.name(), user.epoch(), Digests.random());
              if (session) {
                return CompletableFuture.completedFuture(
                    session(call, claims, caller(user, Caller.Means.SESSION)));
              }
              String refresh = Digests.random();
              return store
                  .addRefreshToken(
                      new AccountStore.RefreshToken(
                          Digests.sha256(refresh),
                          claims.session(),
                          user.name(),
                          user.epoch(),
                          clock.instant().plus(settings.refreshTokenLength())))
                  .thenApply(added -> answer(user, claims, refresh));
            });
  }

  private static Tokens.Claims claims(String name, long epoch, String session) {
    return new Tokens.Claims(Tokens.Holder.USER, name, Long.toString(epoch), session);
  }

  private static Caller caller(AccountStore.User user, Caller.Means means) {
    return new Caller(user.name(), means, Grants.role(user.role()), user.sites());
  }

  private HttpResponse answer(AccountStore.User user, Tokens.Claims claims, String refresh) {
    return Json.ok(
        out -> {
          out.writeStartObject();
          out.writeStringField(
              "access_token",
              tokens.issue(Tokens.Use.ACCESS, claims, settings.accessTokenLength()));
          out.writeStringField("token_type", "Bearer");
          out.writeNumberField("expires_in", settings.accessTokenLength().toSeconds());
          out.writeStringField("refresh_token", refresh);
          out.writeFieldName("user");
          write(out, caller(user, Caller.Means.TOKEN));
          out.writeEndObject();
        });
  }

  private HttpResponse session(Call call, Tokens.Claims claims, Caller caller) {
    Instant end = clock.instant().plus(settings.sessionLength()).truncatedTo(ChronoUnit.SECONDS);
    HttpResponse answer =
        Json.ok(
            out -> {
              out.writeStartObject();
              out.writeStringField("expires", Json.time(end));
              out.writeFieldName("user");
              write(out, caller);
              out.writeEndObject();
            });
    String token = tokens.issue(Tokens.Use.SESSION, claims, settings.sessionLength());
    return answer.addHeader(cookie(call, token, settings.sessionLength()));
  }

  private static void write(JsonGenerator out, Caller caller) throws IOException {
    out.writeStartObject();
    out.writeStringField("name", caller.name());
    out.writePOJOField("means", caller.means());
    out.writePOJOField("role", caller.role());
    out.writePOJOField("sites", new TreeSet<>(caller.sites().names()));
    out.writeEndObject();
  }

  private CompletionStage<HttpResponse> refresh(Call call) {
    requireOn();
    return call.body()
        .thenCompose(
            body -> {
              String refresh = body.only("refresh_token").requiredText("refresh_token");
              String next = Digests.random();
              return exchange(refresh, next)
                  .thenCompose(
                      exchange ->
                          switch (exchange) {
                            case AccountStore.Exchange.Exchanged(var before) ->
                                refreshed(before, next);
                            case AccountStore.Exchange.UsedAgain(var before) -> {
                              log.warn(
                                  "a refresh token of {} was used twice: its session is ended",
                                  before.userName());
                              yield ended(before.session())
                                  .thenApply(
                                      done -> {
                                        throw noMore();
                                      });
                            }
                            case AccountStore.Exchange.Unknown unknown -> throw noMore();
                          });
            });
  }

  private static RuntimeException noMore() {
    return CallerAccess.refused(
        "This refresh token is good no more: each can be used once. Sign in again.");
  }

  private CompletionStage<AccountStore.Exchange> exchange(String refresh, String next) {
    Instant now = clock.instant();
    return store.exchange(
        Digests.sha256(refresh),
        Digests.sha256(next),
        now.plus(settings.refreshTokenLength()),
        now);
  }

  private CompletionStage<HttpResponse> refreshed(AccountStore.RefreshToken before, String next) {
    return store
        .user(before.userName())
        .thenCompose(
            found -> {
              Optional<AccountStore.User> user =
                  found
                      .filter(each -> !each.disabled())
                      .filter(each -> each.epoch() == before.epoch());
              if (user.isEmpty()) {
                return ended(before.session())
                    .thenApply(
                        done -> {
                          throw noMore();
                        });
              }
              return CompletableFuture.completedFuture(
                  answer(
                      user.get(),
                      claims(before.userName(), before.epoch(), before.session()),
                      next));
            });
  }

  private CompletionStage<HttpResponse> logout(Call call) {
    return call.optionalBody()
        .thenCompose(
            body -> {
              Optional<String> refresh = body.only("refresh_token").text("refresh_token");
              List<CompletionStage<Void>> ending = new ArrayList<>();
              access
                  .claimsIn(call.request())
                  .ifPresent(claims -> ending.add(ended(claims.session())));
              refresh.ifPresent(token -> ending.add(endedBy(token)));
              return CompletableFuture.allOf(
                      ending.stream()
                          .map(CompletionStage::toCompletableFuture)
                          .toArray(CompletableFuture[]::new))
                  .thenApply(
                      done ->
                          HttpResponse.create()
                              .withStatus(StatusCodes.NO_CONTENT)
                              .addHeader(cookie(call, "", Duration.ZERO)));
            });
  }

  private CompletionStage<Void> endedBy(String refresh) {
    return exchange(refresh, Digests.random())
        .thenCompose(
            exchange ->
                switch (exchange) {
                  case AccountStore.Exchange.Exchanged(var before) -> ended(before.session());
                  case AccountStore.Exchange.UsedAgain(var before) -> ended(before.session());
                  case AccountStore.Exchange.Unknown unknown ->
                      CompletableFuture.<Void>completedFuture(null);
                });
  }

  private CompletionStage<Void> ended(String session) {
    Instant now = clock.instant();
    return store
        .endSession(session, now, now.plus(settings.longest()))
        .thenCompose(done -> callers.reload());
  }

  private CompletionStage<HttpResponse> me(Call call) {
    return CompletableFuture.completedFuture(Json.ok(out -> write(out, call.caller())));
  }

  private CompletionStage<HttpResponse> changePassword(Call call) {
    limits.takeOfSignIns(call.request());
    return call.body()
        .thenCompose(
            body -> {
              body.only("password", "new_password");
              String name = call.caller().name();
              String next = newPassword(name, body, "new_password");
              return signIn
                  .check(name, body.requiredText("password"))
                  .thenCompose(user -> passwords.hash(next))
                  .thenCompose(hash -> store.setPassword(name, hash))
                  .thenCompose(done -> callers.reload())
                  .thenApply(
                      done -> {
                        log.info("{} has changed their password", name);
                        return HttpResponse.create().withStatus(StatusCodes.NO_CONTENT);
                      });
            });
  }

  static String newPassword(String name, Body body, String member) {
    String password = body.requiredText(member);
    Call.checked(
        () -> {
          Passwords.requireGood(name, password);
          return password;
        });
    return password;
  }

  private static RawHeader cookie(Call call, String value, Duration length) {
    return RawHeader.create(
        "Set-Cookie",
        "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s"
            .formatted(
                CallerAccess.COOKIE, value, length.toSeconds(), call.overTls() ? "; Secure" : ""));
  }
}
