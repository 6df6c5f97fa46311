package twin.app.rate;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineTwin;

/**
 * Devices that publish each reading as a message of its own with QoS 1, as fast as the broker
 * acknowledges them. The broker keeps what the node has not taken yet, so what is durable is asked
 * of the twins themselves.
 */
final class MqttLoad implements Load, AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final ClusterSharding sharding;
  private final List<Machine> machines = new ArrayList<>();
  private final int inFlightMax;
  private final Semaphore inFlight;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofPlatform().name("publisher-", 0).factory());
  private final Mqtt5AsyncClient client;
  private final LongAdder accepted = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private CompletableFuture<Void> publishing = CompletableFuture.completedFuture(null);
  private volatile boolean running;

  MqttLoad(ActorSystem<?> system, String host, int port, int machineCount, int inFlightMax) {
    this.sharding = ClusterSharding.get(system);
    this.inFlightMax = inFlightMax;
    this.inFlight = new Semaphore(inFlightMax);
    for (int i = 0; i < machineCount; i++) {
      machines.add(new Machine("mqtt-" + i, i));
    }
    // A thread of its own, so that its time is told from that of the node's client.
    this.client =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier("rate")
            .serverHost(host)
            .serverPort(port)
            .executorConfig()
            .nettyExecutor(threads)
            .nettyThreads(1)
            .applyExecutorConfig()
            .buildAsync();
    client.connectWith().cleanStart(true).send().join();
  }

  @Override
  public String name() {
    return "MQTT, publisher running";
  }

  /** Publishes one reading of each machine until the node has one of each: it is subscribed. */
  void awaitSubscriber() throws InterruptedException {
    do {
      publishRound();
      Thread.sleep(500);
    } while (durable().readings() == 0);
    awaitDrained();
    // What was published before the subscription is nowhere.
    accepted.reset();
    accepted.add(durable().readings());
  }

  @Override
  public void start() {
    running = true;
    publishing =
        CompletableFuture.runAsync(
            () -> {
              while (running) {
                publishRound();
              }
            },
            threads);
  }

  private void publishRound() {
    for (Machine machine : machines) {
      inFlight.acquireUninterruptibly();
      var unused =
          client
              .publishWith()
              .topic("twin/v1/machines/" + machine.id() + "/readings")
              .qos(MqttQos.AT_LEAST_ONCE)
              .payload(machine.nextJson().getBytes(StandardCharsets.UTF_8))
              .send()
              .whenComplete(this::published);
    }
  }

  private void published(Mqtt5PublishResult result, Throwable failure) {
    inFlight.release();
    if (failure == null) {
      accepted.increment();
    } else {
      failures.increment();
    }
  }

  /** How many messages the broker has acknowledged. */
  long accepted() {
    return accepted.sum();
  }

  @Override
  public Durable durable() {
    List<CompletableFuture<MachineReply.State>> asked = new ArrayList<>(machines.size());
    for (Machine machine : machines) {
      asked.add(
          sharding
              .entityRefFor(MachineTwin.TYPE_KEY, machine.id())
              .ask(MachineCommand.GetState::new, TIMEOUT)
              .toCompletableFuture());
    }
    long readings = 0;
    long events = 0;
    for (CompletableFuture<MachineReply.State> state : asked) {
      readings += state.join().state().readings();
      events += state.join().state().revision();
    }
    return new Durable(readings, events);
  }

  /** Stops publishing; the backlog stays with the broker. */
  @Override
  public void stop() {
    running = false;
    publishing.join();
    inFlight.acquireUninterruptibly(inFlightMax);
    inFlight.release(inFlightMax);
    if (failures.sum() > 0) {
      throw new IllegalStateException(failures.sum() + " messages were not accepted");
    }
  }

  /** Waits until no more readings become durable. */
  void awaitDrained() throws InterruptedException {
    long before = -1;
    for (long now = durable().readings(); now != before; now = durable().readings()) {
      before = now;
      Thread.sleep(1000);
    }
  }

  @Override
  public void close() {
    client.disconnect().join();
    threads.shutdown();
  }
}
