package twin.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/**
 * Keeps pages of other sites, open in a browser on the same machine, from changing anything: a
 * browser names the page's origin with every such request. Other programs name none.
 */
public final class SameOrigin {

  /** Addresses have no name that could lead elsewhere; nor has localhost. */
  private static final Pattern THIS_MACHINE =
      Pattern.compile(
          "(localhost|[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]+])?(:[0-9]{1,5})?",
          Pattern.CASE_INSENSITIVE);

  private SameOrigin() {}

  /** Refuses a change that the page of another site asks for. */
  public static void require(HttpRequest request) {
    boolean reads =
        request.method().equals(HttpMethods.GET)
            || request.method().equals(HttpMethods.HEAD)
            || request.method().equals(HttpMethods.OPTIONS);
    if (!reads) {
      requireOwnPage(request);
    }
  }

  /**
   * Refuses what the page of another site asks for. For what a browser lets any page begin though
   * it only reads, as a WebSocket.
   */
  static void requireOwnPage(HttpRequest request) {
    Optional<String> origin = request.getHeader("Origin").map(HttpHeader::value);
    Optional<String> host = request.getHeader("Host").map(HttpHeader::value);
    if (origin.isPresent() && !host.map(h -> same(origin.get(), h)).orElse(false)) {
      throw Problem.of(
              StatusCodes.FORBIDDEN,
              "A page of another site (%s) may not change anything here, nor listen. Call from this server's own"
                      .formatted(origin.get())
                  + " page, or from a program that sends no Origin.")
          .toException();
    }
  }

  /**
   * Refuses a request that names this server otherwise than by an address or as localhost. A page
   * of another site can have its site's name lead here (DNS rebinding); then its browser takes this
   * server for that site, and lets the page read and change everything.
   */
  static void requireThisMachine(HttpRequest request) {
    Optional<String> host = request.getHeader("Host").map(HttpHeader::value);
    if (host.isPresent() && !THIS_MACHINE.matcher(host.get()).matches()) {
      throw Problem.of(
              StatusCodes.FORBIDDEN,
              "Nobody has to sign in to this server, so it is to be called as 127.0.0.1, [::1] or"
                  + " localhost, and not as '%s'.".formatted(Call.shown(host.get())))
          .toException();
    }
  }

  private static boolean same(String origin, String host) {
    try {
      String authority = new URI(origin).getAuthority();
      return authority != null
          && authority.toLowerCase(Locale.ROOT).equals(host.toLowerCase(Locale.ROOT));
    } catch (URISyntaxException e) {
      // An opaque origin ("null"), as of a file or a sandboxed frame: not ours.
      return false;
    }
  }
}
