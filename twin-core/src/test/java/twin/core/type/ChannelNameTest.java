package twin.core.type;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import twin.core.reading.SubmittedReading;

/** Names are looked at character by character; regular expressions say what is meant. */
final class ChannelNameTest {

  private static final Pattern CHANNEL = Pattern.compile("[A-Za-z_][A-Za-z0-9_.\\-]{0,63}");
  private static final Pattern MACHINE = Pattern.compile(SubmittedReading.MACHINE_ID);
  private static final String LETTERS = "azAZ09_.-/ éß\u00001\n:@[`{";

  @Test
  void saysTheSameAsTheExpression() {
    Random random = new Random(20261122);
    for (int i = 0; i < 100_000; i++) {
      StringBuilder name = new StringBuilder();
      int length = random.nextInt(10) == 0 ? 60 + random.nextInt(8) : random.nextInt(5);
      int letters = random.nextBoolean() ? 9 : LETTERS.length();
      for (int c = 0; c < length; c++) {
        name.append(LETTERS.charAt(random.nextInt(letters)));
      }
      String text = name.toString();
      assertThat(Channel.isName(text)).as(text).isEqualTo(CHANNEL.matcher(text).matches());
      assertThat(SubmittedReading.isMachineId(text))
          .as(text)
          .isEqualTo(MACHINE.matcher(text).matches());
    }
  }
}
