package twin.http;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpResponse;

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
          "drift.js",
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
          "typeform.js",
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
        Asset.load("/dashboard/index.html", CONTENT_SECURITY_POLICY),
        Asset.load("/openapi.json", CONTENT_SECURITY_POLICY),
        FILES.stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Function.identity(),
                    file -> Asset.load("/dashboard/" + file, CONTENT_SECURITY_POLICY))));
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/", page::answer).withoutKey(),
        Endpoint.get("/assets/{file}", this::file).withoutKey(),
        Endpoint.get("/openapi.json", description::answer).withoutKey());
  }

  private CompletionStage<HttpResponse> file(Call call) {
    Asset asset = files.get(call.segment("file"));
    if (asset == null) {
      throw Problem.notFound("The dashboard has no such file. Load the page at / again.")
          .toException();
    }
    return asset.answer(call);
  }
}
