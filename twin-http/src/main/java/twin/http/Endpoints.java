package twin.http;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.encodeResponseWith;
import static org.apache.pekko.http.javadsl.server.Directives.extractMaterializer;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.handleExceptions;
import static org.apache.pekko.http.javadsl.server.Directives.handleRejections;
import static org.apache.pekko.http.javadsl.server.Directives.reject;
import static org.apache.pekko.http.javadsl.server.Directives.respondWithDefaultHeaders;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.coding.Coder;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.MethodRejection;
import org.apache.pekko.http.javadsl.server.Rejection;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.Rejections;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.server.UnsupportedRequestEncodingRejection;
import org.apache.pekko.http.scaladsl.model.IllegalUriException;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Materializer;

/** Turns a table of endpoints into a route, and any route's failures into problems. */
public final class Endpoints {

  // The first is what callers get who do not say what they understand.
  private static final List<Coder> CODERS = List.of(Coder.NoCoding, Coder.Gzip);

  private Endpoints() {}

  /**
   * The route of a table of endpoints. It rejects what is not in the table, so that other routes
   * can follow it.
   */
  public static Route route(List<Endpoint> endpoints, Access access, HttpSettings settings) {
    List<Endpoint> table = List.copyOf(endpoints);
    return extractRequest(
        request ->
            extractMaterializer(
                materializer -> dispatch(table, request, access, settings, materializer)));
  }

  private static Route dispatch(
      List<Endpoint> table,
      HttpRequest request,
      Access access,
      HttpSettings settings,
      Materializer materializer) {
    List<String> segments = new ArrayList<>();
    request.getUri().pathSegments().forEach(segments::add);
    if (request.getUri().path().endsWith("/")) {
      segments.add("");
    }
    List<Endpoint> here =
        table.stream().filter(each -> matches(each.segments(), segments)).toList();
    Optional<Endpoint> meant =
        here.stream().filter(each -> each.method().equals(request.method())).findFirst();
    if (meant.isEmpty()) {
      return rejectedMethods(here);
    }
    Endpoint endpoint = meant.get();
    Route answer =
        completeWithFuture(answer(endpoint, segments, request, access, settings, materializer));
    // A stream is not compressed: its listener waits for each event.
    boolean streams = endpoint.streams() || Call.prefers(request, MediaTypes.TEXT_EVENT_STREAM);
    return streams ? answer : encodeResponseWith(CODERS, () -> answer);
  }

  private static Route rejectedMethods(List<Endpoint> here) {
    Rejection[] methods =
        here.stream().map(each -> Rejections.method(each.method())).toArray(Rejection[]::new);
    return methods.length == 0
        ? reject()
        : reject(methods[0], Arrays.copyOfRange(methods, 1, methods.length));
  }

  private static boolean matches(List<String> pattern, List<String> segments) {
    if (pattern.size() != segments.size()) {
      return false;
    }
    for (int i = 0; i < pattern.size(); i++) {
      boolean fits =
          isVariable(pattern.get(i))
              ? !segments.get(i).isEmpty()
              : pattern.get(i).equals(segments.get(i));
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private static boolean isVariable(String segment) {
    return segment.startsWith("{");
  }

  private static CompletionStage<HttpResponse> answer(
      Endpoint endpoint,
      List<String> segments,
      HttpRequest request,
      Access access,
      HttpSettings settings,
      Materializer materializer) {
    try {
      Caller caller = endpoint.admitted(access, request);
      Call call =
          new Call(
              request,
              access,
              caller,
              variables(endpoint.segments(), segments),
              query(endpoint, request),
              settings,
              materializer);
      return endpoint.handler().handle(call);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static Map<String, String> variables(List<String> pattern, List<String> segments) {
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < pattern.size(); i++) {
      String segment = pattern.get(i);
      if (isVariable(segment)) {
        variables.put(segment.substring(1, segment.length() - 1), segments.get(i));
      }
    }
    return variables;
  }

  private static Map<String, String> query(Endpoint endpoint, HttpRequest request) {
    Map<String, String> query = new HashMap<>();
    for (Pair<String, String> parameter : parameters(request)) {
      String name = parameter.first();
      if (!endpoint.parameters().contains(name)) {
        throw Problem.badRequest(
                "There is no parameter '%s' here; %s"
                    .formatted(
                        Call.shown(name),
                        endpoint.parameters().isEmpty()
                            ? "this call takes none."
                            : "this call takes %s."
                                .formatted(
                                    String.join(", ", new TreeSet<>(endpoint.parameters())))))
            .toException();
      }
      if (parameter.second().indexOf('\0') >= 0) {
        throw Problem.badRequest("The parameter %s has a NUL in it (%%00).".formatted(name))
            .toException();
      }
      if (query.put(name, parameter.second()) != null) {
        throw Problem.badRequest("The parameter %s is there twice; give it once.".formatted(name))
            .toException();
      }
    }
    return query;
  }

  private static List<Pair<String, String>> parameters(HttpRequest request) {
    try {
      return request.getUri().query().toList();
    } catch (IllegalUriException e) {
      throw Problem.badRequest("The query cannot be read: " + e.info().summary()).toException();
    }
  }

  /**
   * A route whose every failure is a problem: of an unknown path, a wrong method, a rejected or a
   * failed call. For routes of other modules too.
   */
  public static Route withProblems(Supplier<Route> inner) {
    return respondWithDefaultHeaders(
        SecurityHeaders.ALL,
        () ->
            handleExceptions(
                FAILURES,
                () -> handleRejections(REJECTIONS, () -> handleExceptions(FAILURES, inner))));
  }

  private static final ExceptionHandler FAILURES =
      ExceptionHandler.newBuilder()
          .matchAny(failure -> complete(Problem.of(failure).toResponse()))
          .build();

  private static final RejectionHandler REJECTIONS =
      RejectionHandler.newBuilder()
          .handleAll(MethodRejection.class, Endpoints::wrongMethod)
          .handle(UnsupportedRequestEncodingRejection.class, rejection -> complete(unknownCoding()))
          .handle(Rejection.class, Endpoints::rejected)
          .handleNotFound(
              complete(
                  Problem.notFound(
                          "There is nothing at this address. /openapi.json lists what there is.")
                      .toResponse()))
          .build();

  private static Route wrongMethod(List<MethodRejection> rejections) {
    String allowed =
        rejections.stream()
            .map(rejection -> rejection.supported().value())
            .distinct()
            .sorted()
            .collect(Collectors.joining(", "));
    return complete(
        Problem.of(
                StatusCodes.METHOD_NOT_ALLOWED,
                "This address takes %s. /openapi.json says what each does.".formatted(allowed))
            .with("Allow", allowed)
            .toResponse());
  }

  private static HttpResponse unknownCoding() {
    return Problem.of(
            StatusCodes.UNSUPPORTED_MEDIA_TYPE,
            "A body may be sent as it is, or with Content-Encoding: gzip.")
        .with("Accept-Encoding", "gzip")
        .toResponse();
  }

  private static Route rejected(Rejection rejection) {
    return complete(
        Problem.badRequest(
                "The request was refused: %s".formatted(Call.shown(rejection.toString())))
            .toResponse());
  }
}
