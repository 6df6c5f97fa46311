package twin.http;

/**
 * Who makes a call, as it stands in the journal beside what the call changed.
 *
 * @param name name of the person or program
 * @param means how they said who they are
 */
public record Caller(String name, Means means) {

  /** How a caller says who they are. */
  public enum Means {
    /** Not at all. */
    NONE,
    /** With a key in a header. */
    API_KEY,
    /** With the cookie of a browser that signed in. */
    SESSION
  }

  /** Somebody who reached the server without saying who they are. */
  public static final Caller ANONYMOUS = new Caller("anonymous", Means.NONE);
}
