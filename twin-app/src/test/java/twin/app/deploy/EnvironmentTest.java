package twin.app.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The configuration of a node in a container. */
final class EnvironmentTest {

  @Test
  void eachVariableSetsASettingThatTheProgramHas() throws Exception {
    Map<String, String> given = new TreeMap<>();
    Variables.inContainers().forEach(name -> given.put(name, "from " + name));
    Config set =
        ConfigFactory.parseResources("twin-environment.conf")
            .resolveWith(ConfigFactory.parseMap(given));
    Set<String> settings = new TreeSet<>();
    Set<String> taken = new TreeSet<>();
    set.entrySet()
        .forEach(
            each -> {
              settings.add(each.getKey());
              taken.add(each.getValue().unwrapped().toString().replaceFirst("^from ", ""));
            });
    Config defaults = DeployedFiles.defaults();
    assertThat(settings).isNotEmpty().allMatch(defaults::hasPath);
    assertThat(taken).isEqualTo(given.keySet());
  }

  @Test
  void whatIsNotSetKeepsItsDefault() {
    Config without =
        ConfigFactory.parseResources("twin-environment.conf").resolveWith(ConfigFactory.empty());
    assertThat(without.entrySet()).isEmpty();
  }
}
