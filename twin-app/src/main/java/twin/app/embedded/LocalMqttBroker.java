package twin.app.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.WildcardConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptor;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptorFactory;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.ActiveMQServers;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.core.settings.impl.PageFullMessagePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.app.embedded.EmbeddedServiceException.Reason;

/**
 * An MQTT broker (3.1.1 and 5) inside this process: Apache Artemis with its journal on disk.
 *
 * <p>A QoS 1 message is forced to disk before its PUBACK. Persistent sessions and what is queued
 * for them survive a restart and a kill. It listens on the loopback address alone and asks nobody
 * who they are.
 *
 * <p>At its bounds: what is queued for a session beyond {@link Settings#memoryMegabytesMax()} goes
 * from memory to disk. When a session has {@link Settings#queueMegabytesMax()} there as well,
 * nothing is dropped: the publisher gets no PUBACK and its connection is closed, so that it keeps
 * the message and tries again. A message over {@link Settings#messageBytesMax()} ends an MQTT 5
 * connection with "packet too large"; MQTT 3.1.1 has no such answer, and there the protocol's own
 * bound of 256 MB holds.
 */
public final class LocalMqttBroker implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LocalMqttBroker.class);

  private static final String SERVICE = "MQTT";
  private static final String PORT_OPTION = "--mqtt-port";
  private static final String ACCEPTOR = "mqtt";
  private static final int MEGABYTE = 1024 * 1024;

  /**
   * How the broker is run.
   *
   * @param port the port on the loopback address, or 0 for any free one
   * @param memoryMegabytesMax how much of all queued messages is kept in memory
   * @param queueMegabytesMax how much may be queued on disk beside the journal for one subscription
   * @param messageBytesMax the largest message; well over the 64 KiB of a reading, so that a larger
   *     one reaches the program and becomes a dead letter
   * @param journalBufferDelay how long acknowledgements wait for others, to share one write to disk
   * @param stopTimeout how long it may take to stop
   */
  public record Settings(
      int port,
      int memoryMegabytesMax,
      int queueMegabytesMax,
      int messageBytesMax,
      Duration journalBufferDelay,
      Duration stopTimeout) {

    /** The usual port and values for one demo on a small machine. */
    public static Settings defaults() {
      return new Settings(1883, 64, 4096, MEGABYTE, Duration.ofMillis(2), Duration.ofSeconds(5));
    }

    /** The same with another port. */
    public Settings withPort(int newPort) {
      return new Settings(
          newPort,
          memoryMegabytesMax,
          queueMegabytesMax,
          messageBytesMax,
          journalBufferDelay,
          stopTimeout);
    }
  }

  private final ActiveMQServer server;
  private final Settings settings;
  private final int port;

  private LocalMqttBroker(ActiveMQServer server, Settings settings, int port) {
    this.server = server;
    this.settings = settings;
    this.port = port;
  }

  /**
   * Starts the broker on the journal in {@code directory}, which the caller holds for itself, and
   * returns when it accepts connections.
   */
  public static LocalMqttBroker start(Path directory, Settings settings)
      throws EmbeddedServiceException {
    // Artemis logs a port in use and then runs without it: so it is tried before.
    int requestedPort = LoopbackPort.free(settings.port(), SERVICE, PORT_OPTION);
    ActiveMQServer server =
        ActiveMQServers.newActiveMQServer(configuration(directory, settings, requestedPort));
    AtomicReference<Exception> failure = new AtomicReference<>();
    server.registerActivationFailureListener(failure::set);
    server.registerBrokerPlugin(new OrderedPackets(server));
    boolean started = false;
    try {
      server.start();
      if (failure.get() != null) {
        throw failure.get();
      }
      NettyAcceptor acceptor = (NettyAcceptor) server.getRemotingService().getAcceptor(ACCEPTOR);
      if (!server.isActive() || acceptor == null || !acceptor.isStarted()) {
        throw new IllegalStateException("the broker is not active; its log says why");
      }
      started = true;
      return new LocalMqttBroker(server, settings, acceptor.getActualPort());
    } catch (Exception e) {
      throw new EmbeddedServiceException(
          Reason.START_FAILED,
          "The MQTT broker cannot be started in %s: %s".formatted(directory, e.getMessage()),
          e);
    } finally {
      if (!started) {
        stop(server, settings.stopTimeout());
      }
    }
  }

  /** Refuses a port that somebody else has now. */
  static void requireFree(Settings settings) throws EmbeddedServiceException {
    var unused = LoopbackPort.free(settings.port(), SERVICE, PORT_OPTION);
  }

  /** The address for MQTT clients. */
  public String uri() {
    return "tcp://%s:%d".formatted(LoopbackPort.HOST, port);
  }

  /** The port on the loopback address. */
  public int port() {
    return port;
  }

  /** Stops the broker; sessions and what is queued for them stay. */
  @Override
  public void close() {
    stop(server, settings.stopTimeout());
  }

  private static void stop(ActiveMQServer server, Duration timeout) {
    CompletableFuture<Void> stopped = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("mqtt-broker-stop")
        .daemon()
        .start(
            () -> {
              try {
                server.stop();
                stopped.complete(null);
              } catch (Exception e) {
                stopped.completeExceptionally(e);
              }
            });
    try {
      stopped.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.error("The MQTT broker did not stop within {} s", timeout.toSeconds());
    } catch (ExecutionException e) {
      log.error("The MQTT broker did not stop in order", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Configuration configuration(Path directory, Settings settings, int port) {
    Configuration configuration =
        new ConfigurationImpl()
            .setName("twin")
            .setPersistenceEnabled(true)
            .setJournalDirectory(directory.resolve("journal").toString())
            .setBindingsDirectory(directory.resolve("bindings").toString())
            .setPagingDirectory(directory.resolve("paging").toString())
            .setLargeMessagesDirectory(directory.resolve("large-messages").toString())
            // Not libaio: that is a native library of Linux, and not everywhere.
            .setJournalType(JournalType.NIO)
            .setJournalSyncTransactional(true)
            .setJournalSyncNonTransactional(true)
            .setJournalBufferTimeout_NIO((int) settings.journalBufferDelay().toNanos())
            .setJournalMinFiles(2)
            .setJournalPoolFiles(4)
            // The default would stop taking messages on a disk that is nine tenths full, however
            // large it is; the free space is checked before the start.
            .setMaxDiskUsage(-1)
            .setGlobalMaxSize((long) settings.memoryMegabytesMax() * MEGABYTE)
            .setSecurityEnabled(false)
            .setJMXManagementEnabled(false)
            .setCriticalAnalyzer(false)
            .setScheduledThreadPoolMaxSize(2)
            .setThreadPoolMaxSize(8)
            // MQTT's own separators, so that no topic has to be rewritten: a machine's name may
            // have
            // dots, which are Artemis' separators.
            .setWildCardConfiguration(
                new WildcardConfiguration().setDelimiter('/').setSingleWord('+').setAnyWords('#'))
            .setAddressSettings(Map.of("#", addressSettings(settings)));
    configuration.addAcceptorConfiguration(acceptor(settings, port));
    return configuration;
  }

  private static AddressSettings addressSettings(Settings settings) {
    return new AddressSettings()
        .setAutoCreateAddresses(true)
        .setAutoCreateQueues(true)
        // The default gives a message up after ten deliveries without an acknowledgement, and a
        // program that is started and killed ten times must not cost a reading.
        .setMaxDeliveryAttempts(-1)
        .setMaxSizeBytes((long) settings.memoryMegabytesMax() * MEGABYTE)
        .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
        .setPageSizeBytes(4 * MEGABYTE)
        .setPageLimitBytes((long) settings.queueMegabytesMax() * MEGABYTE)
        .setPageFullMessagePolicy(PageFullMessagePolicy.FAIL);
  }

  private static TransportConfiguration acceptor(Settings settings, int port) {
    Map<String, Object> transport = new HashMap<>();
    transport.put(TransportConstants.HOST_PROP_NAME, LoopbackPort.HOST);
    transport.put(TransportConstants.PORT_PROP_NAME, port);
    transport.put(TransportConstants.PROTOCOLS_PROP_NAME, "MQTT");
    transport.put(TransportConstants.USE_EPOLL_PROP_NAME, false);
    transport.put(TransportConstants.USE_KQUEUE_PROP_NAME, false);
    Map<String, Object> protocol = new HashMap<>();
    protocol.put("maximumPacketSize", settings.messageBytesMax());
    return new TransportConfiguration(
        NettyAcceptorFactory.class.getName(), transport, ACCEPTOR, protocol);
  }
}
