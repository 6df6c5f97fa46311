package twin.http;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.mapRequest;
import static org.apache.pekko.http.javadsl.server.Directives.mapResponse;

import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * Lets pages of the sites that the configuration names call the API from a browser (CORS). Such a
 * page says with a key of its own who it is: the cookie of somebody who signed in here is not for
 * it, and is passed over.
 */
final class CrossOrigin {

  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
  private static final String HEADERS =
      "Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-Match, If-None-Match,"
          + " Last-Event-ID, X-Api-Key, traceparent";
  private static final String EXPOSED =
      "ETag, Idempotency-Replayed, Location, Retry-After, WWW-Authenticate";
  private static final String PREFLIGHT_KEPT_SECONDS = "600";

  private CrossOrigin() {}

  /**
   * A route that pages of some sites may call too.
   *
   * @param origins as browsers send them, such as {@code https://plant.example}
   */
  static Route around(Set<String> origins, Supplier<Route> inner) {
    return origins.isEmpty()
        ? inner.get()
        : extractRequest(request -> around(origins, request, inner));
  }

  private static Route around(Set<String> origins, HttpRequest request, Supplier<Route> inner) {
    Optional<String> origin =
        request.getHeader("Origin").map(HttpHeader::value).filter(origins::contains);
    if (origin.isEmpty()) {
      return mapResponse(CrossOrigin::varying, inner);
    }
    boolean asksFirst =
        request.method().equals(HttpMethods.OPTIONS)
            && request.getHeader("Access-Control-Request-Method").isPresent();
    return asksFirst
        ? complete(
            allowed(HttpResponse.create().withStatus(StatusCodes.NO_CONTENT), origin.get())
                .addHeader(RawHeader.create("Access-Control-Allow-Methods", METHODS))
                .addHeader(RawHeader.create("Access-Control-Allow-Headers", HEADERS))
                .addHeader(RawHeader.create("Access-Control-Max-Age", PREFLIGHT_KEPT_SECONDS)))
        : mapRequest(
            CrossOrigin::trusted,
            () -> mapResponse(response -> allowed(response, origin.get()), inner));
  }

  /** The request without what tells other sites' pages apart, and without the cookie. */
  private static HttpRequest trusted(HttpRequest request) {
    return request.removeHeader("Origin").removeHeader("Cookie");
  }

  private static HttpResponse allowed(HttpResponse response, String origin) {
    return varying(response)
        .addHeader(RawHeader.create("Access-Control-Allow-Origin", origin))
        .addHeader(RawHeader.create("Access-Control-Expose-Headers", EXPOSED));
  }

  /** A cache must not show one site the answer to another. */
  private static HttpResponse varying(HttpResponse response) {
    return response.addHeader(RawHeader.create("Vary", "Origin"));
  }
}
