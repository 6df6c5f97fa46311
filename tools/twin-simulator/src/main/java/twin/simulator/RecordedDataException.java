package twin.simulator;

import java.io.IOException;
import java.io.Serial;

/** A recorded file is not what it should be; the message says where and why. */
public final class RecordedDataException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  RecordedDataException(String message) {
    super(message);
  }
}
