package twin.http;

/**
 * Who makes a call, as it stands in the journal beside what the call changed.
 *
 * @param name name of the person or program
 */
public record Caller(String name) {

  /** Somebody who reached the server without saying who they are. */
  public static final Caller ANONYMOUS = new Caller("anonymous");
}
