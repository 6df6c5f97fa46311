package twin.ingest.mqtt;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Set;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.postoffice.QueueBinding;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.Queue;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;

/** A real broker in this process, with its journal on disk so that sessions survive a restart. */
public final class TestBroker implements AutoCloseable {

  private final EmbeddedActiveMQ broker = new EmbeddedActiveMQ();
  private final int port;

  private TestBroker(int port) {
    this.port = port;
  }

  public static TestBroker start(Path directory) {
    return start(directory, freePort());
  }

  public static TestBroker start(Path directory, int port) {
    return start(directory, port, "", false);
  }

  /** A broker that speaks TLS alone, and only to user "line-1" with password "open sesame". */
  public static TestBroker startSecured(Path directory, Path keyStore, String keyStorePassword) {
    return start(
        directory,
        freePort(),
        ";sslEnabled=true;keyStoreType=PKCS12;keyStorePath="
            + keyStore
            + ";keyStorePassword="
            + keyStorePassword,
        true);
  }

  private static TestBroker start(Path directory, int port, String acceptor, boolean secured) {
    try {
      TestBroker started = new TestBroker(port);
      Configuration configuration =
          new ConfigurationImpl()
              .setPersistenceEnabled(true)
              .setSecurityEnabled(secured)
              .setJMXManagementEnabled(false)
              .setJournalType(JournalType.NIO)
              .setJournalMinFiles(2)
              .setJournalFileSize(4 * 1024 * 1024)
              .setJournalDatasync(false)
              .setMaxDiskUsage(-1)
              .setGlobalMaxSize(200L * 1024 * 1024)
              .setJournalDirectory(directory.resolve("journal").toString())
              .setBindingsDirectory(directory.resolve("bindings").toString())
              .setLargeMessagesDirectory(directory.resolve("large").toString())
              .setPagingDirectory(directory.resolve("paging").toString());
      configuration.addAcceptorConfiguration(
          "mqtt",
          "tcp://127.0.0.1:"
              + port
              + "?protocols=MQTT;maximumInFlightPublishMessages=65535"
              + acceptor);
      if (secured) {
        SecurityConfiguration users = new SecurityConfiguration();
        users.addUser("line-1", "open sesame");
        users.addRole("line-1", "machine");
        started.broker.setSecurityManager(
            new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), users));
        configuration.putSecurityRoles(
            "#",
            Set.of(
                new Role(
                    "machine", true, true, true, true, true, true, true, true, true, true, true,
                    true)));
      }
      started.broker.setConfiguration(configuration);
      started.broker.start();
      return started;
    } catch (Exception e) {
      throw new IllegalStateException("The test's broker did not start", e);
    }
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public int port() {
    return port;
  }

  /** Messages at the broker for a session: queued, or delivered and not acknowledged. */
  public long messagesFor(String clientId) {
    return broker
        .getActiveMQServer()
        .getPostOffice()
        .getAllBindings()
        .filter(QueueBinding.class::isInstance)
        .map(binding -> ((QueueBinding) binding).getQueue())
        .filter(queue -> queue.getName().startsWith(SimpleString.of(clientId + ".")))
        .mapToLong(Queue::getMessageCount)
        .sum();
  }

  /** Network connections the broker has at the moment. */
  int connections() {
    return broker.getActiveMQServer().getConnectionCount();
  }

  @Override
  public void close() {
    try {
      broker.stop();
    } catch (Exception e) {
      throw new IllegalStateException("The test's broker did not stop", e);
    }
  }
}
