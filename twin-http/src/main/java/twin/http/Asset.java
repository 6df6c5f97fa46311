package twin.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * A file of the program, read into memory once. A browser keeps it and asks each time whether it is
 * still the same.
 *
 * @param policy what a page may load and do (Content-Security-Policy)
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
record Asset(byte[] bytes, ContentType type, EntityTag tag, String policy) {

  /** Reads it from the class path. */
  static Asset load(String path, String policy) {
    try (InputStream in = Asset.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its file " + path);
      }
      byte[] bytes = in.readAllBytes();
      return new Asset(bytes, typeOf(path), EntityTag.of(bytes), policy);
    } catch (IOException e) {
      throw new UncheckedIOException("the program's file %s is broken".formatted(path), e);
    }
  }

  private static ContentType typeOf(String path) {
    String ending = path.substring(path.lastIndexOf('.') + 1);
    return switch (ending) {
      case "html" -> ContentTypes.TEXT_HTML_UTF8;
      case "css" -> MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8);
      case "js" -> MediaTypes.APPLICATION_JAVASCRIPT.toContentType(HttpCharsets.UTF_8);
      case "svg" -> MediaTypes.IMAGE_SVG_XML.toContentType();
      case "json" -> ContentTypes.APPLICATION_JSON;
      default -> throw new IllegalStateException("no content type is known for " + path);
    };
  }

  CompletionStage<HttpResponse> answer(Call call) {
    return CompletableFuture.completedFuture(
        tag.on(call, HttpResponse.create().withEntity(type, bytes))
            .addHeader(RawHeader.create("Cache-Control", "no-cache"))
            .addHeader(RawHeader.create("Content-Security-Policy", policy)));
  }
}
