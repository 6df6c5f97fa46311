package twin.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The description of the API as a page to read and to try out: Swagger UI. */
public final class ApiDocs {

  // Swagger UI writes styles into its page, and has its icons in its style sheet.
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
          + " data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors"
          + " 'none'";

  private static final String WEB_JAR = "/META-INF/resources/webjars/swagger-ui/%s/%s";
  private static final String WEB_JAR_PROPERTIES =
      "/META-INF/maven/org.webjars/swagger-ui/pom.properties";

  private final Asset page;
  private final Map<String, Asset> files;

  private ApiDocs(Asset page, Map<String, Asset> files) {
    this.page = page;
    this.files = files;
  }

  /** Reads the page and what it needs of Swagger UI, which is little, from the class path. */
  public static ApiDocs load() {
    String version = version();
    return new ApiDocs(
        Asset.load("/docs/index.html", POLICY),
        Map.of(
            "docs.js", Asset.load("/docs/docs.js", POLICY),
            "swagger-ui.css", Asset.load(WEB_JAR.formatted(version, "swagger-ui.css"), POLICY),
            "swagger-ui-bundle.js",
                Asset.load(WEB_JAR.formatted(version, "swagger-ui-bundle.js"), POLICY)));
  }

  private static String version() {
    try (InputStream in = ApiDocs.class.getResourceAsStream(WEB_JAR_PROPERTIES)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks Swagger UI");
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "");
    } catch (IOException e) {
      throw new UncheckedIOException("the jar of Swagger UI is broken", e);
    }
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/docs", page::answer).withoutKey(),
        Endpoint.get("/docs/{file}", this::file).withoutKey());
  }

  private CompletionStage<HttpResponse> file(Call call) {
    Asset asset = files.get(call.segment("file"));
    if (asset == null) {
      throw Problem.notFound("The page of the API has no such file. Load /docs again.")
          .toException();
    }
    return asset.answer(call);
  }
}
