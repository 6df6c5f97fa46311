package twin.app.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.http.system.LogLevels;
import twin.http.system.LogLevels.Level;

final class LogbackLevelsTest {

  private final LogLevels levels = LogbackLevels.ofThisProcess(1);

  @Test
  void changesALevelAndPutsItBack() {
    Logger log = LoggerFactory.getLogger("twin.changed.Inner");
    boolean before = log.isDebugEnabled();
    assertThat(levels.change("twin.changed", Optional.of(Level.DEBUG))).isTrue();
    assertThat(log.isDebugEnabled()).isTrue();
    assertThat(levels.levels()).containsEntry("twin.changed", Level.DEBUG).containsKey("root");
    assertThat(levels.change("twin.changed", Optional.of(Level.OFF))).isTrue();
    assertThat(log.isErrorEnabled()).isFalse();

    assertThat(levels.change("twin.another", Optional.of(Level.DEBUG))).as("one at most").isFalse();
    assertThat(levels.change("twin.another", Optional.empty())).isTrue();

    assertThat(levels.change("twin.changed", Optional.empty())).isTrue();
    assertThat(log.isDebugEnabled()).isEqualTo(before);
    assertThat(levels.levels()).doesNotContainKey("twin.changed");
  }
}
