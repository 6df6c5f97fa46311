package twin.http.security;

import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Cookie;
import org.apache.pekko.http.javadsl.model.headers.HttpCookiePair;
import twin.http.Access;
import twin.http.Caller;
import twin.http.Problem;
import twin.http.ProblemException;
import twin.http.SameOrigin;

/** Lets through who sends a key or a token in a header, or the cookie of a session. */
final class CallerAccess implements Access {

  static final String COOKIE = "twin_session";

  private static final String BEARER = "Bearer ";

  private final KnownCallers callers;
  private final Tokens tokens;
  private final RateLimits limits;

  CallerAccess(KnownCallers callers, Tokens tokens, RateLimits limits) {
    this.callers = callers;
    this.tokens = tokens;
    this.limits = limits;
  }

  @Override
  public Caller admit(HttpRequest request) {
    limits.takeOfAddress(request);
    Caller caller = identified(request);
    limits.takeOfCaller(caller);
    return caller;
  }

  @Override
  public Caller pass(HttpRequest request) {
    limits.takeOfAddress(request);
    return Access.super.pass(request);
  }

  @Override
  public boolean admitsStill(HttpRequest request, Caller caller) {
    try {
      return identified(request).equals(caller);
    } catch (ProblemException e) {
      return false;
    }
  }

  private Caller identified(HttpRequest request) {
    Optional<String> presented = presentedIn(request);
    if (presented.isPresent()) {
      return byKeyOrToken(presented.get());
    }
    Optional<String> session = sessionIn(request);
    if (session.isEmpty()) {
      throw refused(
          "This needs an API key or an access token. Send one as X-Api-Key: KEY or Authorization:"
              + " Bearer TOKEN, or sign in on the dashboard.");
    }
    Caller caller =
        tokens
            .read(Tokens.Use.SESSION, session.get())
            .flatMap(claims -> callers.holder(tokens, claims, Caller.Means.SESSION))
            .orElseThrow(() -> refused("The session has ended. Sign in again."));
    // A browser sends the cookie by itself; a header only its own page could have set.
    SameOrigin.require(request);
    return caller;
  }

  private Caller byKeyOrToken(String presented) {
    return callers
        .presented(presented)
        .map(key -> KnownCallers.caller(key, Caller.Means.API_KEY))
        .or(
            () ->
                tokens
                    .read(Tokens.Use.ACCESS, presented)
                    .flatMap(claims -> callers.holder(tokens, claims, Caller.Means.TOKEN)))
        .orElseThrow(
            () ->
                refused(
                    "This API key is not known here, or the access token has run out: make another"
                        + " one, with POST /api/v1/auth/refresh or by signing in again."));
  }

  /** The session of which a request has a token, whether it may do anything with it or not. */
  Optional<Tokens.Claims> claimsIn(HttpRequest request) {
    return presentedIn(request)
        .flatMap(text -> tokens.read(Tokens.Use.ACCESS, text))
        .or(() -> sessionIn(request).flatMap(text -> tokens.read(Tokens.Use.SESSION, text)));
  }

  static ProblemException refused(String detail) {
    return Problem.of(StatusCodes.UNAUTHORIZED, detail)
        .with("WWW-Authenticate", "Bearer realm=\"twin\"")
        .toException();
  }

  private static Optional<String> presentedIn(HttpRequest request) {
    return request
        .getHeader("X-Api-Key")
        .map(HttpHeader::value)
        .or(
            () ->
                request
                    .getHeader("Authorization")
                    .map(HttpHeader::value)
                    // Another scheme is for somebody on the way, such as a proxy.
                    .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                    .map(value -> value.substring(BEARER.length()).strip()));
  }

  private static Optional<String> sessionIn(HttpRequest request) {
    for (HttpHeader header : request.getHeaders()) {
      if (header instanceof Cookie cookies) {
        for (HttpCookiePair cookie : cookies.getCookies()) {
          if (cookie.name().equals(COOKIE)) {
            return Optional.of(cookie.value());
          }
        }
      }
    }
    return Optional.empty();
  }
}
