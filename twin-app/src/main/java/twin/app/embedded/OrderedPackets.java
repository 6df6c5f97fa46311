package twin.app.embedded;

import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.MessageReference;
import org.apache.activemq.artemis.core.server.ServerConsumer;
import org.apache.activemq.artemis.core.server.ServerSession;
import org.apache.activemq.artemis.core.server.plugin.ActiveMQServerPlugin;
import org.apache.activemq.artemis.core.transaction.Transaction;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the order of what an MQTT connection sends to the broker and of what it gets.
 *
 * <p>Artemis defers both, the entry of a message into its queues and each packet to a client, until
 * the writes to disk are done that its current operation context has begun, and keeps an order
 * within one context. Its MQTT code works on any thread of a pool with the context that it happens
 * to find there. So a message can overtake the one before it (ARTEMIS-6191, in 2.44), and even the
 * CONNACK of its connection, which ends that connection. Here everything for a connection is done
 * in the context of its session.
 */
final class OrderedPackets implements ActiveMQServerPlugin {

  private final ActiveMQServer server;

  OrderedPackets(ActiveMQServer server) {
    this.server = server;
  }

  /** In the thread that answers with CONNACK. */
  @Override
  public void afterCreateSession(ServerSession session) {
    enter(session);
  }

  @Override
  public void beforeSend(
      ServerSession session,
      Transaction tx,
      Message message,
      boolean direct,
      boolean noAutoCreateQueue) {
    enter(session);
  }

  @Override
  public void beforeDeliver(ServerConsumer consumer, MessageReference reference) {
    enter(server.getSessionByID(consumer.getSessionID()));
  }

  /**
   * What was not acknowledged goes back into its queue at once, in a context without writes to wait
   * for: the next connection to the same session, which may be what closes this one, would get what
   * is behind it first.
   */
  @Override
  public void beforeCloseConsumer(ServerConsumer consumer, boolean failed) {
    server.getStorageManager().clearContext();
  }

  private void enter(@Nullable ServerSession session) {
    if (session != null) {
      server.getStorageManager().setContext(session.getSessionContext());
    }
  }
}
