package twin.simulator;

import java.io.IOException;
import java.io.Serial;

/** Readings could not be brought to the broker within the bounds that were set. */
public final class PublishException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  PublishException(String message) {
    super(message);
  }
}
