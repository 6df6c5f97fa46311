package twin.simulator;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings readings to an MQTT broker, each until the broker has acknowledged it.
 *
 * <p>The order of each machine's readings is kept by having one of them in flight at a time. MQTT
 * promises the order within a topic, but Apache Artemis 2.44 was measured to mix up QoS 1 messages
 * that one client has in flight together, and then the later reading arrives first.
 *
 * <p>At most a set number are in flight in all and at most a set number wait. A connection that
 * breaks is taken up again with growing pauses; what was in flight is then sent again, also when
 * the broker has forgotten the session, so a reading may arrive twice but not never. Thread-safe.
 */
final class MqttPublisher implements ReadingPublisher {
  private static final Logger LOG = LoggerFactory.getLogger(MqttPublisher.class);
  // Long enough for any reconnect; a session that nobody takes up again must not stay for good.
  private static final long SESSION_EXPIRY_SECONDS = 3_600;

  private final MqttTarget target;
  private final Mqtt5AsyncClient client;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();

  /** Readings of machines that have none in flight, at most one a machine. */
  private final Deque<Reading> ready = new ArrayDeque<>();

  /** What waits behind a machine's reading that is ready or in flight, by topic. */
  private final Map<String, Deque<Reading>> behind = new HashMap<>();

  private final RateMeter rate = new RateMeter(System.nanoTime());
  private boolean connected;
  private boolean sending;
  private int waiting;
  private int inFlight;
  private long acknowledged;
  private long rejected;
  private long dropped;
  private long droppedThisOutage;
  private @Nullable String lastError;

  private MqttPublisher(MqttTarget target) {
    this.target = target;
    Mqtt5ClientBuilder builder =
        Mqtt5Client.builder()
            .identifier(target.clientId())
            .serverHost(target.host())
            .serverPort(target.port())
            .automaticReconnect()
            .initialDelay(target.reconnectDelayMin().toMillis(), TimeUnit.MILLISECONDS)
            .maxDelay(target.reconnectDelayMax().toMillis(), TimeUnit.MILLISECONDS)
            .applyAutomaticReconnect()
            .addConnectedListener(context -> onConnected())
            .addDisconnectedListener(this::onDisconnected);
    if (target.usesTls()) {
      builder = builder.sslWithDefaultConfig();
    }
    String username = target.username();
    if (username != null) {
      var auth = builder.simpleAuth().username(username);
      String password = target.password();
      if (password != null) {
        auth = auth.password(password.getBytes(StandardCharsets.UTF_8));
      }
      builder = auth.applySimpleAuth();
    }
    client = builder.buildAsync();
  }

  /** Starts connecting and returns at once; readings wait until the broker is there. */
  static MqttPublisher start(MqttTarget target) {
    var publisher = new MqttPublisher(target);
    var unused =
        publisher
            .client
            .connectWith()
            .cleanStart(true)
            .sessionExpiryInterval(SESSION_EXPIRY_SECONDS)
            .send();
    return publisher;
  }

  @Override
  public boolean offer(Reading reading) {
    lock.lock();
    try {
      if (waiting >= target.waitingMax()) {
        dropped++;
        if (droppedThisOutage++ == 0) {
          LOG.warn(
              "{} readings are waiting for {}; from now on they are dropped at the source.",
              waiting,
              target.shown());
        }
        return false;
      }
      waiting++;
      line(reading);
      send();
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean awaitRoom(Duration timeout) throws InterruptedException {
    long nanos = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (waiting >= target.waitingMax() && nanos > 0) {
        nanos = progress.awaitNanos(nanos);
      }
      return waiting < target.waitingMax();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean awaitIdle(Duration timeout) throws InterruptedException {
    long nanos = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (!isIdle() && nanos > 0) {
        nanos = progress.awaitNanos(nanos);
      }
      return isIdle();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Delivery delivery() {
    lock.lock();
    try {
      return new Delivery(
          connected,
          acknowledged,
          waiting,
          inFlight,
          dropped,
          rejected,
          rate.perSecond(System.nanoTime()),
          lastError);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    try {
      client
          .disconnectWith()
          .sessionExpiryInterval(0)
          .send()
          .get(target.drainTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // Whoever is not connected need not disconnect.
      LOG.debug("Not disconnected in order from {}.", target.shown(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isIdle() {
    return waiting == 0 && inFlight == 0;
  }

  private void line(Reading reading) {
    Deque<Reading> machine = behind.get(reading.topic());
    if (machine == null) {
      behind.put(reading.topic(), new ArrayDeque<>());
      ready.add(reading);
    } else {
      machine.add(reading);
    }
  }

  private void unline(String topic) {
    Deque<Reading> machine = behind.getOrDefault(topic, new ArrayDeque<>());
    if (machine.isEmpty()) {
      behind.remove(topic);
    } else {
      ready.add(machine.remove());
    }
  }

  /**
   * Hands over what waits. A publish that fails at once calls back while this loop is under way;
   * the loop then goes on by itself instead of nesting ever deeper.
   */
  private void send() {
    if (sending) {
      return;
    }
    sending = true;
    try {
      while (connected && inFlight < target.inFlightMax() && !ready.isEmpty()) {
        Reading reading = ready.remove();
        waiting--;
        inFlight++;
        var unused =
            client
                .publishWith()
                .topic(reading.topic())
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(reading.json())
                .send()
                .whenComplete((result, error) -> onPublished(reading.topic(), error));
      }
    } finally {
      sending = false;
    }
  }

  private void onPublished(String topic, @Nullable Throwable error) {
    lock.lock();
    try {
      inFlight--;
      if (error == null) {
        acknowledged++;
        rate.count(System.nanoTime());
      } else {
        rejected++;
        lastError = String.valueOf(error.getMessage());
        LOG.debug("{} did not take a reading.", target.shown(), error);
        if (rejected == 1) {
          LOG.warn("{} refuses readings: {}", target.shown(), lastError);
        }
      }
      unline(topic);
      send();
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void onConnected() {
    lock.lock();
    try {
      connected = true;
      LOG.info(
          "Connected to {}; readings waiting: {}, in flight: {}, dropped meanwhile: {}",
          target.shown(),
          waiting,
          inFlight,
          droppedThisOutage);
      droppedThisOutage = 0;
      send();
    } finally {
      lock.unlock();
    }
  }

  private void onDisconnected(MqttClientDisconnectedContext context) {
    if (context.getSource() == MqttDisconnectSource.USER) {
      return;
    }
    context.getReconnector().republishIfSessionExpired(true);
    lock.lock();
    try {
      String error = String.valueOf(context.getCause().getMessage());
      // Every attempt comes here; one line an outage is enough, and one when its cause changes.
      if (connected || !error.equals(lastError)) {
        LOG.warn("No connection to {}, trying again: {}", target.shown(), error);
      }
      connected = false;
      lastError = error;
    } finally {
      lock.unlock();
    }
  }
}
