package twin.core.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import twin.core.store.AlertRow;

final class RouteTest {

  private static NotificationSettings settings(String text) {
    Config config =
        ConfigFactory.parseString("twin.notifications { " + text + " }")
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve();
    return NotificationSettings.from(config);
  }

  private static Route only(String route) {
    return settings(
            """
            channels { a { kind = webhook, url = "" }, b = ${twin.notifications.channels.a} }
            routes = [{ %s }]
            """
                .formatted(route))
        .routes()
        .getFirst();
  }

  private static AlertRow alert(String severity, String type, String site, int escalation) {
    return Samples.alert("m-1", severity, type, site, escalation);
  }

  @Test
  void nobodyIsToldByDefault() {
    NotificationSettings defaults = settings("");
    assertThat(defaults.channels()).isEmpty();
    assertThat(defaults.routes().getFirst().of(alert("high", "milling", "X", 0), Change.RAISED))
        .isEmpty();
  }

  @Test
  void everyChannelThatIsSwitchedOnIsToldOfWhatIsRaisedOrEscalated() {
    Route route = only("");
    assertThat(route.of(alert("low", "milling", "X", 0), Change.RAISED)).containsExactly("a", "b");
    assertThat(route.of(alert("low", "milling", "X", 1), Change.ESCALATED)).hasSize(2);
    assertThat(route.of(alert("low", "milling", "X", 0), Change.CLOSED)).isEmpty();
  }

  @Test
  void aRouteAdmitsBySeverityTypeAndPlace() {
    Route route = only("severity = [high, critical], type = [milling], site = [Busan]");
    assertThat(route.of(alert("high", "milling", "Busan", 0), Change.RAISED)).isNotEmpty();
    assertThat(route.of(alert("medium", "milling", "Busan", 0), Change.RAISED)).isEmpty();
    assertThat(route.of(alert("high", "pump", "Busan", 0), Change.RAISED)).isEmpty();
    assertThat(route.of(alert("high", "milling", "Ulsan", 0), Change.RAISED)).isEmpty();
    assertThat(only("line = [L1], area = [A]").of(alert("low", "p", "s", 0), Change.RAISED))
        .isNotEmpty();
    assertThat(only("line = [L2]").of(alert("low", "p", "s", 0), Change.RAISED)).isEmpty();
  }

  @Test
  void escalationGoesStepByStepAndStaysAtTheLast() {
    Route route = only("channels = [a], changes = [raised], escalation = [[a], [b]]");
    assertThat(route.of(alert("low", "p", "s", 1), Change.ESCALATED)).containsExactly("a");
    assertThat(route.of(alert("low", "p", "s", 2), Change.ESCALATED)).containsExactly("b");
    assertThat(route.of(alert("low", "p", "s", 3), Change.ESCALATED)).containsExactly("b");
  }

  @Test
  void whatIsMisspeltIsRefusedAtTheStart() {
    assertThatThrownBy(() -> only("channels = [c]")).hasMessageContaining("names c");
    assertThatThrownBy(() -> only("escalation = [[c]]")).hasMessageContaining("names c");
    assertThatThrownBy(() -> only("severity = [hgih]")).hasMessageContaining("low, medium, high");
    assertThatThrownBy(() -> settings("channels.webhook { enabled = on, language = fr }"))
        .hasMessageContaining("en, ko");
    assertThatThrownBy(() -> settings("channels.webhook { enabled = on, zone = Mars }"))
        .hasMessageContaining("Asia/Seoul");
    assertThatThrownBy(() -> settings("channels.webhook { enabled = on, window = 1h }"))
        .hasMessageContaining("incident-within");
  }
}
