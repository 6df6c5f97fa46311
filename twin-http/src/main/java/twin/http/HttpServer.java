package twin.http;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.decodeRequestWith;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.onSuccess;
import static org.apache.pekko.http.javadsl.server.Directives.respondWithDefaultHeaders;
import static org.apache.pekko.http.javadsl.server.Directives.withRequestTimeoutResponse;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.ServerBuilder;
import org.apache.pekko.http.javadsl.coding.Coder;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import scala.concurrent.duration.FiniteDuration;
import twin.http.tls.ServerTls;

/**
 * The HTTP server: binds the routes of the API and of whoever adds to it. It stops accepting, then
 * ends what is running, as part of the actor system's coordinated shutdown or when it is closed.
 */
public final class HttpServer {

  /** In which forms bodies are taken. What they inflate to is bounded as a plain body is. */
  private static final List<Coder> CODERS = List.of(Coder.NoCoding, Coder.Gzip);

  /** A browser that has been here once does not come without encryption any more. */
  private static final HttpHeader ONLY_HTTPS =
      RawHeader.create("Strict-Transport-Security", "max-age=31536000");

  private final ServerBinding binding;
  private final HttpSettings settings;

  private HttpServer(ServerBinding binding, HttpSettings settings) {
    this.binding = binding;
    this.settings = settings;
  }

  /**
   * Binds.
   *
   * @param endpoints the API
   * @param others routes of other modules, asked after the API for what it does not know
   * @param check whether a caller may have such a route; fails when they may not
   * @param tls the certificate to show; nothing for HTTP without encryption
   * @return the server; fails when the address cannot be bound
   */
  public static CompletionStage<HttpServer> start(
      ActorSystem<?> system,
      HttpSettings settings,
      Access access,
      List<Endpoint> endpoints,
      List<Route> others,
      BiFunction<Caller, HttpRequest, CompletionStage<Done>> check,
      Optional<ServerTls> tls) {
    Route route = route(settings, access, endpoints, others, check);
    ServerBuilder server =
        Http.get(system)
            .newServerAt(settings.address(), settings.port())
            .adaptSettings(defaults -> adapted(defaults, settings));
    return tls.map(
            shown ->
                server
                    .enableHttps(ConnectionContext.httpsServer(shown::engine))
                    .bind(respondWithDefaultHeaders(List.of(ONLY_HTTPS), () -> route)))
        .orElseGet(() -> server.bind(route))
        .thenApply(
            binding ->
                new HttpServer(
                    binding.addToCoordinatedShutdown(settings.drainTimeout(), system), settings));
  }

  private static Route route(
      HttpSettings settings,
      Access access,
      List<Endpoint> endpoints,
      List<Route> others,
      BiFunction<Caller, HttpRequest, CompletionStage<Done>> check) {
    Route all =
        concat(
            Endpoints.route(endpoints, access, settings),
            others.stream().map(other -> admitted(access, check, other)).toArray(Route[]::new));
    Supplier<Route> decoded = () -> decodeRequestWith(CODERS, () -> all);
    return withRequestTimeoutResponse(
        request ->
            Problem.unavailable("No answer was ready in time. Ask again, or for less.")
                .toResponse(),
        () -> CrossOrigin.around(settings.corsOrigins(), () -> Endpoints.withProblems(decoded)));
  }

  /** Another module's route behind the same access. */
  private static Route admitted(
      Access access, BiFunction<Caller, HttpRequest, CompletionStage<Done>> check, Route other) {
    return extractRequest(
        request -> {
          Caller caller = access.admit(request);
          return onSuccess(() -> check.apply(caller, request), done -> other);
        });
  }

  private static ServerSettings adapted(ServerSettings defaults, HttpSettings settings) {
    return defaults
        .withMaxConnections(settings.connectionsMax())
        .withTransparentHeadRequests(true)
        .withServerHeader(Optional.empty())
        .withRemoteAddressAttribute(true)
        .withParsingErrorHandler(UnreadableRequests.class.getName())
        // A warning would quote the header, and so a key that was sent in a wrong form.
        .withParserSettings(defaults.getParserSettings().withIllegalHeaderWarnings(false))
        .withTimeouts(
            defaults
                .getTimeouts()
                .withIdleTimeout(scala(settings.idleTimeout()))
                .withRequestTimeout(scala(settings.requestTimeout())));
  }

  private static FiniteDuration scala(Duration duration) {
    return FiniteDuration.fromNanos(duration.toNanos());
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Whether it serves HTTPS. */
  public boolean encrypted() {
    return settings.tls().isPresent();
  }

  /** Stops accepting and ends what is running within the drain timeout. */
  public CompletionStage<Void> stop() {
    return binding.terminate(settings.drainTimeout()).thenAccept(terminated -> {});
  }
}
