package twin.http;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * One thing that the API can be asked: what is served is exactly the list of these.
 *
 * @param method the method
 * @param path the path, with the names of its variable segments in braces
 * @param parameters the query parameters that it knows; any other is refused
 * @param streams whether the answer goes on for as long as the caller listens
 * @param open whether anybody may have it, even where callers must say who they are
 * @param role what the caller must be
 * @param allSites whether it concerns all sites, so that who sees only some may not have it
 * @param handler what answers
 */
public record Endpoint(
    HttpMethod method,
    String path,
    Set<String> parameters,
    boolean streams,
    boolean open,
    Role role,
    boolean allSites,
    Handler handler) {

  /** Answers a call. Whatever it throws, or its stage fails with, becomes a {@link Problem}. */
  @FunctionalInterface
  public interface Handler {
    /** Answers. */
    CompletionStage<HttpResponse> handle(Call call);
  }

  public Endpoint {
    parameters = Set.copyOf(parameters);
  }

  /** Something to read. */
  public static Endpoint get(String path, Handler handler) {
    return new Endpoint(HttpMethods.GET, path, Set.of(), false, false, Role.VIEWER, false, handler);
  }

  /** Something to do. */
  public static Endpoint post(String path, Handler handler) {
    return new Endpoint(
        HttpMethods.POST, path, Set.of(), false, false, Role.ENGINEER, false, handler);
  }

  /** Something to set, whatever it was. */
  public static Endpoint put(String path, Handler handler) {
    return new Endpoint(
        HttpMethods.PUT, path, Set.of(), false, false, Role.ENGINEER, false, handler);
  }

  /** Something to change in part. */
  public static Endpoint patch(String path, Handler handler) {
    return new Endpoint(
        HttpMethods.PATCH, path, Set.of(), false, false, Role.ENGINEER, false, handler);
  }

  /** Something to take away. */
  public static Endpoint delete(String path, Handler handler) {
    return new Endpoint(
        HttpMethods.DELETE, path, Set.of(), false, false, Role.ENGINEER, false, handler);
  }

  /** The same with query parameters. */
  public Endpoint taking(String... names) {
    return new Endpoint(method, path, Set.of(names), streams, open, role, allSites, handler);
  }

  /** The same with an answer that goes on. */
  public Endpoint streaming() {
    return new Endpoint(method, path, parameters, true, open, role, allSites, handler);
  }

  /** The same for whoever can reach the server. */
  public Endpoint withoutKey() {
    return new Endpoint(method, path, parameters, streams, true, role, allSites, handler);
  }

  /** The same for who has that role; without this, reading needs a viewer, all else an engineer. */
  public Endpoint requires(Role needed) {
    return new Endpoint(method, path, parameters, streams, open, needed, allSites, handler);
  }

  /** The same for who sees every site. */
  public Endpoint forAllSites() {
    return new Endpoint(method, path, parameters, streams, open, role, true, handler);
  }

  /** Who calls, if they may. */
  Caller admitted(Access access, HttpRequest request) {
    if (open) {
      return access.pass(request);
    }
    Caller caller = access.admit(request);
    caller.require(role);
    if (allSites) {
      caller.requireAllSites();
    }
    return caller;
  }

  List<String> segments() {
    return List.of(path.substring(1).split("/", -1));
  }
}
