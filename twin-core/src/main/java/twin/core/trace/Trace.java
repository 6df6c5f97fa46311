package twin.core.trace;

import org.jspecify.annotations.Nullable;

/** One step of a reading that is followed, from when it is made until it ends. Thread-safe. */
public interface Trace {

  /** The steps there are. */
  enum Step {
    /** A message with readings, from its arrival until it is acknowledged. */
    RECEIVE,
    /** Readings of one machine, until its twin has them in the journal. */
    RECORD,
    /** An event, until the read side has it. */
    PROJECT,
    /** A change of an alert, given to whoever publishes it. */
    ALERT
  }

  /** A step that nobody follows. */
  Trace NONE =
      new Trace() {
        @Override
        public @Nullable String parent() {
          return null;
        }

        @Override
        public Trace step(Step step) {
          return this;
        }

        @Override
        public Trace about(String name, String value) {
          return this;
        }

        @Override
        public void end() {
          // There is nothing to end.
        }

        @Override
        public void failed(Throwable failure) {
          // Nobody asks.
        }
      };

  /** What the next step has to know; null when it is not followed. */
  @Nullable String parent();

  /** A step within this one. */
  Trace step(Step step);

  /** Says what it is about. */
  Trace about(String name, String value);

  /** It is done; only the first end counts. */
  void end();

  /** It has failed, and is done. */
  void failed(Throwable failure);

  /** The id of the whole trace, by which its log lines are found, of a {@link #parent}. */
  static String idOf(String parent) {
    return parent.split("-", -1)[1];
  }
}
