package twin.http.security;

import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Cookie;
import org.apache.pekko.http.javadsl.model.headers.HttpCookiePair;
import twin.core.store.SiteScope;
import twin.http.Access;
import twin.http.Caller;
import twin.http.Problem;
import twin.http.ProblemException;
import twin.http.Role;
import twin.http.SameOrigin;

/** Lets through who sends a key in a header, or the cookie of a session. */
final class KeyAccess implements Access {

  static final String COOKIE = "twin_session";

  private static final String BEARER = "Bearer ";

  private final ApiKeys keys;
  private final Sessions sessions;

  KeyAccess(ApiKeys keys, Sessions sessions) {
    this.keys = keys;
    this.sessions = sessions;
  }

  @Override
  public Caller admit(HttpRequest request) {
    Optional<String> key = keyIn(request);
    if (key.isPresent()) {
      return keys.presented(key.get())
          .map(
              known ->
                  new Caller(known.name(), Caller.Means.API_KEY, Role.ADMINISTRATOR, SiteScope.ALL))
          .orElseThrow(() -> refused("This API key is not known here; it may have been replaced."));
    }
    Optional<String> session = sessionIn(request);
    if (session.isEmpty()) {
      throw refused(
          "This needs an API key. Send one as X-Api-Key: KEY or Authorization: Bearer KEY, or sign"
              + " in on the dashboard.");
    }
    Caller caller =
        sessions
            .holder(session.get())
            .map(
                known ->
                    new Caller(
                        known.name(), Caller.Means.SESSION, Role.ADMINISTRATOR, SiteScope.ALL))
            .orElseThrow(() -> refused("The session has ended. Sign in again."));
    // A browser sends the cookie by itself; a header only its own page could have set.
    SameOrigin.require(request);
    return caller;
  }

  static ProblemException refused(String detail) {
    return Problem.of(StatusCodes.UNAUTHORIZED, detail)
        .with("WWW-Authenticate", "Bearer realm=\"twin\"")
        .toException();
  }

  private static Optional<String> keyIn(HttpRequest request) {
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
