package twin.core.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValue;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class WordingTest {

  private static final Pattern NAME = Pattern.compile("\\{[a-z_]+}");

  private static Set<String> names(ConfigValue sentence) {
    return NAME.matcher(sentence.unwrapped().toString())
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyLanguageSaysTheSameThings() {
    Config all = ConfigFactory.parseResources(Wording.class, "wording.conf");
    Map<String, Set<String>> english = sentences(all.getConfig("en"));
    assertThat(english).hasSizeGreaterThan(20);
    for (ChannelSettings.Language language : ChannelSettings.Language.values()) {
      assertThat(sentences(all.getConfig(language.label()))).isEqualTo(english);
    }
    for (Change change : Change.values()) {
      assertThat(english).containsKey("change." + change.label());
    }
  }

  private static Map<String, Set<String>> sentences(Config language) {
    return language.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, each -> names(each.getValue())));
  }

  @Test
  void aChannelsOwnSentencesMustHaveNamesThatThereAre() {
    assertThat(Wording.of(channel("subject = \"{machine}!\""))).isNotNull();
    assertThatThrownBy(() -> Wording.of(channel("text = \"{machnie}\"")))
        .hasMessageContaining("has {machnie}, and there is only {alert}, {by}");
  }

  private static ChannelSettings channel(String text) {
    return NotificationSettings.from(
            ConfigFactory.parseString(
                    "twin.notifications.channels.mail { kind = email, " + text + "}")
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve())
        .channels()
        .values()
        .iterator()
        .next();
  }
}
