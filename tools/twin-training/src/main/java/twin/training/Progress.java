package twin.training;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What people see of long work while it is done: each step with how long it has been at it. */
final class Progress {

  private Progress() {}

  static Consumer<String> timed(PrintWriter err) {
    long start = System.nanoTime();
    return line -> {
      err.printf("%4d s  %s%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start), line);
      err.flush();
    };
  }
}
