package twin.core.notify;

/**
 * Sends messages of one channel. Its calls may block, each for the channel's timeout or not much
 * longer, and come from several threads.
 */
public interface Notifier extends AutoCloseable {

  /**
   * Sends a message.
   *
   * @throws InterruptedException when the node stops meanwhile; the message is then sent again
   */
  Outcome send(Message message) throws InterruptedException;

  @Override
  default void close() {}
}
