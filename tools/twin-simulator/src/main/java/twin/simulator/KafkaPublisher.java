package twin.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings readings to a Kafka cluster, each until the cluster has acknowledged it.
 *
 * <p>The producer is idempotent and asks all replicas in sync: it retries without an end, keeps the
 * order within a partition and writes nothing twice, as long as it lives. A thread of its own hands
 * readings to it, since that may block while the cluster is away. Thread-safe.
 */
final class KafkaPublisher implements ReadingPublisher {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaPublisher.class);
  // Enough for the largest readings; the producer blocks beyond its buffer.
  private static final long BUFFER_BYTES_A_RECORD = 4_096;
  private static final long BUFFER_BYTES_MIN = 32L << 20;

  private final KafkaTarget target;
  private final KafkaProducer<String, byte[]> producer;
  private final Thread sender;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();
  private final Deque<Reading> queue = new ArrayDeque<>();
  private final RateMeter rate = new RateMeter(System.nanoTime());
  private boolean connected;
  private boolean closed;
  private int inFlight;
  private long acknowledged;
  private long rejected;
  private long dropped;
  private @Nullable String lastError;

  private KafkaPublisher(KafkaTarget target) {
    this.target = target;
    producer =
        new KafkaProducer<>(settings(target), new StringSerializer(), new ByteArraySerializer());
    sender = Thread.ofPlatform().name("simulator-to-kafka").daemon().unstarted(this::run);
  }

  static KafkaPublisher start(KafkaTarget target) {
    var publisher = new KafkaPublisher(target);
    publisher.sender.start();
    return publisher;
  }

  private static Map<String, Object> settings(KafkaTarget target) {
    Map<String, Object> settings = new HashMap<>(target.properties());
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, target.servers());
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 5);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
    settings.put(
        ProducerConfig.BUFFER_MEMORY_CONFIG,
        Math.max(BUFFER_BYTES_MIN, target.inFlightMax() * BUFFER_BYTES_A_RECORD));
    settings.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 5);
    settings.putIfAbsent(ProducerConfig.CLIENT_ID_CONFIG, "twin-simulator");
    return settings;
  }

  @Override
  public boolean offer(Reading reading) {
    lock.lock();
    try {
      if (queue.size() >= target.waitingMax()) {
        if (dropped++ == 0) {
          LOG.warn(
              "{} readings are waiting for {}; from now on they are dropped at the source.",
              queue.size(),
              target.shown());
        }
        return false;
      }
      queue.add(reading);
      progress.signalAll();
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
      while (queue.size() >= target.waitingMax() && nanos > 0) {
        nanos = progress.awaitNanos(nanos);
      }
      return queue.size() < target.waitingMax();
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

  private boolean isIdle() {
    return queue.isEmpty() && inFlight == 0;
  }

  @Override
  public Delivery delivery() {
    lock.lock();
    try {
      return new Delivery(
          connected,
          acknowledged,
          queue.size(),
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
    lock.lock();
    try {
      closed = true;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
    sender.interrupt();
    try {
      sender.join(target.drainTimeout());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close(Duration.ZERO);
  }

  private void run() {
    try {
      awaitTopic();
      Reading reading = next();
      while (reading != null) {
        send(reading);
        reading = next();
      }
    } catch (InterruptedException | InterruptException e) {
      LOG.debug("The publisher was asked to stop.", e);
    }
  }

  /** Once the topic is known a send does not block for it, also when the cluster goes away. */
  private void awaitTopic() {
    while (!isConnected()) {
      try {
        producer.partitionsFor(target.topic());
        connected(true, null);
      } catch (RetriableException e) {
        connected(false, e.getMessage());
      }
    }
  }

  private boolean isConnected() {
    lock.lock();
    try {
      return connected || closed;
    } finally {
      lock.unlock();
    }
  }

  private void connected(boolean now, @Nullable String error) {
    lock.lock();
    try {
      if (now) {
        LOG.info("Connected to {}; readings waiting: {}", target.shown(), queue.size());
      } else {
        LOG.warn("No connection to {}, trying again: {}", target.shown(), error);
      }
      connected = now;
      lastError = error;
    } finally {
      lock.unlock();
    }
  }

  /** The next reading once it may go, null when the publisher was closed. */
  private @Nullable Reading next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed && (queue.isEmpty() || inFlight >= target.inFlightMax())) {
        progress.await();
      }
      if (closed) {
        return null;
      }
      inFlight++;
      return queue.remove();
    } finally {
      lock.unlock();
    }
  }

  private void send(Reading reading) {
    try {
      var unused =
          producer.send(
              new ProducerRecord<>(target.topic(), reading.machineId(), reading.json()),
              (metadata, error) -> onSent(error));
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      onSent(e);
    }
  }

  private void onSent(@Nullable Exception error) {
    lock.lock();
    try {
      inFlight--;
      if (error == null) {
        acknowledged++;
        rate.count(System.nanoTime());
      } else {
        rejected++;
        lastError = String.valueOf(error.getMessage());
        if (rejected == 1) {
          LOG.warn("{} refuses readings: {}", target.shown(), lastError);
        }
      }
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
