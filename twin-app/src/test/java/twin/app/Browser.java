package twin.app;

import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.AriaRole;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An installed Chromium without a window, steered by Playwright with an installed Node.js. It has
 * one page and notes what that page complains of and which hosts it asks. One thread only.
 */
final class Browser implements AutoCloseable {

  // Nothing but the page: no updates, no reports, no guesses about the network.
  private static final List<String> OPTIONS =
      List.of("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-pings");

  private final Playwright playwright;
  private final Page page;
  private final List<String> errors = new ArrayList<>();
  private final Set<String> hosts = new TreeSet<>();

  private Browser(Playwright playwright, Page page) {
    this.playwright = playwright;
    this.page = page;
  }

  /** Opens a browser with an empty page, or skips the test where none is installed. */
  static Browser openOrSkip() {
    ForeignProgram node = ForeignProgram.orSkip("node", "nodejs");
    ForeignProgram chromium =
        ForeignProgram.orSkip("chromium", "chromium-browser", "google-chrome");
    System.setProperty("playwright.nodejs.path", node.path().toString());
    Playwright playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    boolean opened = false;
    try {
      Browser browser = new Browser(playwright, open(playwright, chromium.path()));
      browser.listen();
      opened = true;
      return browser;
    } finally {
      if (!opened) {
        playwright.close();
      }
    }
  }

  private static Page open(Playwright playwright, Path chromium) {
    return playwright
        .chromium()
        .launch(new BrowserType.LaunchOptions().setExecutablePath(chromium).setArgs(OPTIONS))
        .newContext(
            new com.microsoft.playwright.Browser.NewContextOptions()
                .setLocale("en-US")
                .setViewportSize(1400, 1000))
        .newPage();
  }

  private void listen() {
    page.onPageError(errors::add);
    page.onConsoleMessage(
        message -> {
          if (message.type().equals("error")) {
            errors.add(message.text() + " " + message.location());
          }
        });
    page.onRequest(request -> hosts.add(URI.create(request.url()).getHost()));
  }

  /** What is on the page. */
  Page page() {
    return page;
  }

  /** Goes to an address; a new page each time. */
  void go(URI address) {
    page.navigate("about:blank");
    page.navigate(address.toString());
  }

  /** What can be read on the page now. */
  String text() {
    return page.innerText("body");
  }

  /** Where the page is, with what it has written into its address. */
  URI address() {
    return URI.create(page.url());
  }

  /** The button with that label. */
  Locator button(String label) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(label).setExact(true));
  }

  /** Presses the first button with that label. */
  void press(String label) {
    button(label).first().click();
  }

  /** Writes into a field. */
  void type(String selector, String text) {
    page.fill(selector, text);
  }

  /** What the page complained of so far. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  /** Whom the page has asked for anything. */
  Set<String> hosts() {
    return Set.copyOf(hosts);
  }

  @Override
  public void close() {
    playwright.close();
  }
}
