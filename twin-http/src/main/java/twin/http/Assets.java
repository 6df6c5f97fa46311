package twin.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * The dashboard and the description of the API: files of the program, read into memory once. A
 * browser keeps them and asks each time whether they are still the same.
 */
public final class Assets {

  // What a page of this server may load and do: nothing from any other host, no inline script or
  // style, and no frame around it.
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final List<String> FILES =
      List.of(
          "actions.js",
          "alerts.js",
          "api.js",
          "app.css",
          "app.js",
          "chart.js",
          "cluster.js",
          "compare.js",
          "dialog.js",
          "dom.js",
          "en.js",
          "fleet.js",
          "format.js",
          "icon.svg",
          "ingest.js",
          "judgement.js",
          "ko.js",
          "live.js",
          "machine.js",
          "models.js",
          "nav.js",
          "signin.js",
          "text.js",
          "theme.js",
          "timeline.js",
          "types.js",
          "users.js",
          "virtual.js",
          "whatif.js");

  private final Asset page;
  private final Asset description;
  private final Map<String, Asset> files;

  private Assets(Asset page, Asset description, Map<String, Asset> files) {
    this.page = page;
    this.description = description;
    this.files = files;
  }

  /** Reads them from the class path. */
  public static Assets load() {
    return new Assets(
        Asset.load("/dashboard/index.html"),
        Asset.load("/openapi.json"),
        FILES.stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Function.identity(), file -> Asset.load("/dashboard/" + file))));
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/", call -> done(page.answer(call))).withoutKey(),
        Endpoint.get("/assets/{file}", this::file).withoutKey(),
        Endpoint.get("/openapi.json", call -> done(description.answer(call))).withoutKey());
  }

  private CompletionStage<HttpResponse> file(Call call) {
    Asset asset = files.get(call.segment("file"));
    if (asset == null) {
      throw Problem.notFound("The dashboard has no such file. Load the page at / again.")
          .toException();
    }
    return done(asset.answer(call));
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedFuture(response);
  }

  /** A file with the tag by which browsers know it again. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Asset(byte[] bytes, ContentType type, String tag) {

    static Asset load(String path) {
      try (InputStream in = Assets.class.getResourceAsStream(path)) {
        if (in == null) {
          throw new IllegalStateException("the program lacks its file " + path);
        }
        byte[] bytes = in.readAllBytes();
        return new Asset(bytes, typeOf(path), '"' + digest(bytes) + '"');
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

    private static String digest(byte[] bytes) {
      try {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        return HexFormat.of().formatHex(digest, 0, 8);
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java platform has SHA-256", e);
      }
    }

    HttpResponse answer(Call call) {
      boolean same = call.header("If-None-Match").map(tag::equals).orElse(false);
      HttpResponse response =
          same
              ? HttpResponse.create().withStatus(StatusCodes.NOT_MODIFIED)
              : HttpResponse.create().withEntity(type, bytes);
      return response
          .addHeader(RawHeader.create("ETag", tag))
          .addHeader(RawHeader.create("Cache-Control", "no-cache"))
          .addHeader(RawHeader.create("Content-Security-Policy", CONTENT_SECURITY_POLICY));
    }
  }
}
