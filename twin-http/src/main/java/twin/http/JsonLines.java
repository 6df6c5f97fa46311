package twin.http;

import java.time.Duration;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * How the API writes NDJSON: a JSON document a line, as they are read. An empty line says only that
 * the answer goes on; readers pass over it.
 */
public final class JsonLines {

  private static final ContentType CONTENT_TYPE = ContentTypes.parse("application/x-ndjson");
  private static final ByteString END = ByteString.fromString("\n");

  /** Lines that are sent together. */
  private static final int TOGETHER = 200;

  private JsonLines() {}

  /** What it is sent as. */
  public static MediaType mediaType() {
    return CONTENT_TYPE.mediaType();
  }

  /** A line of it. */
  public static ByteString line(Json.Document document) {
    return ByteString.fromArrayUnsafe(Json.bytes(document)).concat(END);
  }

  /**
   * An answer with lines.
   *
   * @param signOfLife an empty line is sent when there has been nothing else for so long
   */
  public static HttpResponse answer(Source<ByteString, NotUsed> lines, Duration signOfLife) {
    Source<ByteString, NotUsed> chunks =
        lines
            .grouped(TOGETHER)
            .map(some -> some.stream().reduce(ByteString.emptyByteString(), ByteString::concat))
            .keepAlive(signOfLife, () -> END);
    return HttpResponse.create().withEntity(HttpEntities.createChunked(CONTENT_TYPE, chunks));
  }
}
