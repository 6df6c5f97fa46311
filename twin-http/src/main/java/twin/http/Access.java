package twin.http;

import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * Decides who makes a call and whether it may be made. The one place where this is decided: every
 * call to every route passes here, before its body is read. What the caller may then do is said by
 * each {@link Endpoint}.
 */
public interface Access {

  /**
   * Lets a call through of which it must be known who makes it.
   *
   * @throws ProblemException when it may not be made
   */
  Caller admit(HttpRequest request);

  /**
   * Lets a call through that anybody may make.
   *
   * @throws ProblemException when it may not be made
   */
  default Caller pass(HttpRequest request) {
    SameOrigin.require(request);
    return Caller.STRANGER;
  }

  /**
   * Whether a call that goes on for long, of this caller, would be let through again in the same
   * way.
   */
  default boolean admitsStill(HttpRequest request, Caller caller) {
    return true;
  }

  /**
   * For a server that only its own machine can reach: whoever reaches it may do everything, but the
   * page of another site that is open in the same browser may change nothing, and may not pass for
   * our own by having its site's name lead to this machine.
   */
  static Access anyone() {
    return request -> {
      SameOrigin.requireThisMachine(request);
      SameOrigin.require(request);
      return Caller.ANONYMOUS;
    };
  }
}
