package twin.app.rate;

/** Work that is done as fast as it can be. */
interface Load {

  /** What it is, as the table says it. */
  String name();

  /** Begins, from threads of its own. */
  void start();

  /** What is durable by now. */
  Durable durable();

  /** Ends and returns when nothing is on its way any more, as far as this load waits for it. */
  void stop() throws InterruptedException;

  /**
   * What is in the journal.
   *
   * @param readings readings that have been recorded
   * @param events events that hold them
   */
  record Durable(long readings, long events) {}
}
