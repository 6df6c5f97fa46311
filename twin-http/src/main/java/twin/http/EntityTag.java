package twin.http;

import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * By what a caller knows something again that it was given before (RFC 9110, {@code ETag}): it need
 * not be sent twice, and is changed only by those who have seen how it is. An immutable value.
 *
 * @param opaque the tag without its quotes
 */
public record EntityTag(String opaque) {

  private static final Pattern TAG = Pattern.compile("(?:W/)?\"([^\"]*)\"");
  private static final String ANY = "*";
  private static final int DIGEST_BYTES = 8;

  /** The tag of these bytes. */
  public static EntityTag of(byte[] bytes) {
    return new EntityTag(digest(bytes));
  }

  /** A short digest. */
  public static String digest(byte[] bytes) {
    return HexFormat.of().formatHex(Sha256.of(bytes), 0, DIGEST_BYTES);
  }

  /** The answer with this tag, or 304 when the caller says that it has it. */
  public HttpResponse on(Call call, HttpResponse answer) {
    boolean known = call.reads() && names(call, "If-None-Match", opaque::equals);
    HttpResponse shown =
        known ? HttpResponse.create().withStatus(StatusCodes.NOT_MODIFIED) : answer;
    return shown.addHeader(RawHeader.create("ETag", '"' + opaque + '"'));
  }

  /** Ends a call that names, as {@code If-Match}, another tag than this. */
  public void requireMatch(Call call, String what) {
    requireMatch(call, what, opaque::equals);
  }

  /**
   * Ends a call whose {@code If-Match} names no tag that is still good.
   *
   * @param what of what the caller speaks, for people
   */
  public static void requireMatch(Call call, String what, Predicate<String> good) {
    if (call.header("If-Match").isPresent() && !names(call, "If-Match", good)) {
      throw changed(what).toException();
    }
  }

  /** What is said of a change that was asked for without knowing how the thing is now: 412. */
  public static Problem changed(String what) {
    return Problem.of(
        StatusCodes.PRECONDITION_FAILED,
        "%s has changed since, or If-Match names none of its tags. Read it again, and send the ETag that comes with it as If-Match."
            .formatted(what));
  }

  private static boolean names(Call call, String header, Predicate<String> good) {
    return call.header(header)
        .map(value -> value.strip().equals(ANY) || tags(value).stream().anyMatch(good))
        .orElse(false);
  }

  private static List<String> tags(String header) {
    return TAG.matcher(header).results().map((MatchResult tag) -> tag.group(1)).toList();
  }
}
