package twin.ingest.mqtt;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.Done;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.ingest.mqtt.BrokerConnection.Arrival;

/**
 * The messages of one connection to a persistent session. The stream fails when the connection is
 * lost; whoever wants to go on materializes it again, together with everything down to the
 * acknowledgement. Each message must be acknowledged sooner or later, whatever its quality of
 * service: no more than the receive maximum are handed on unacknowledged.
 *
 * <p>MQTT wants acknowledgements in the order of arrival. They may be given here in any order: the
 * client library keeps one back until all before it have been given. So one slow message holds up
 * the acknowledgements behind it, which count towards the receive maximum until then, and after a
 * lost connection they come again although they had been acknowledged here.
 */
final class MqttSource
    extends AbstractGraphStageWithMaterializedValue<SourceShape<MqttMessage>, MqttSource.Control> {

  private static final Logger log = LoggerFactory.getLogger(MqttSource.class);

  private final Outlet<MqttMessage> out = Outlet.create("MqttSource.out");
  private final SourceShape<MqttMessage> shape = SourceShape.of(out);
  private final MqttSettings settings;
  private final boolean limitPacketSize;
  private final int receiveMaximum;
  private final IngestCounters counters;
  private final InstantSource clock;

  MqttSource(
      MqttSettings settings,
      boolean limitPacketSize,
      int receiveMaximum,
      IngestCounters counters,
      InstantSource clock) {
    this.settings = settings;
    this.limitPacketSize = limitPacketSize;
    this.receiveMaximum = receiveMaximum;
    this.counters = counters;
    this.clock = clock;
  }

  /** The handle on a running source; it may be used from any thread. */
  interface Control {
    /**
     * Hands on nothing more, waits within the configured time until what was handed on is
     * acknowledged, ends the connection and completes the stream. The session stays.
     */
    void drain();

    /** Messages handed on and not acknowledged. */
    int inFlight();

    boolean ended();
  }

  @Override
  public SourceShape<MqttMessage> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, Control> createLogicAndMaterializedValuePair(
      Attributes inheritedAttributes) {
    Logic logic = new Logic();
    return Pair.create(logic, logic);
  }

  private final class Logic extends TimerGraphStageLogic implements Control {

    private static final String DRAIN_TIMEOUT = "drain-timeout";

    private final Queue<Arrival> arrived = new ArrayDeque<>();
    private final InFlight inFlight = new InFlight(counters, this::wakeUp);
    private final AsyncCallback<Done> onAcknowledged = createAsyncCallback(done -> goOn());
    private final AsyncCallback<Done> onDrain = createAsyncCallback(done -> beginDrain());
    private final AsyncCallback<Done> onClosed = createAsyncCallback(done -> completeStage());
    private final AtomicReference<@Nullable BrokerConnection> connection = new AtomicReference<>();
    private @Nullable Reporter reporting;
    private int qos0Waiting;
    private boolean open;
    private boolean draining;
    private boolean closing;
    private volatile boolean ended;

    Logic() {
      super(shape);
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              handOn();
            }
          });
    }

    @Override
    public void preStart() {
      if (settings.subscribe().version() == MqttVersion.V3) {
        openVersion3();
      } else {
        openVersion5();
      }
    }

    private void openVersion5() {
      Reporter reporter = new Reporter();
      Mqtt5Connection attempt =
          new Mqtt5Connection(settings, limitPacketSize, receiveMaximum, reporter);
      AsyncCallback<Throwable> onFailure =
          createAsyncCallback(
              failure -> {
                if (settings.subscribe().version() == MqttVersion.AUTO
                    && !draining
                    && !attempt.accepted()
                    && ConnectionLost.refusesVersion5(failure)) {
                  log.info("The MQTT broker has no MQTT 5 ({}); trying 3.1.1", failure.toString());
                  openVersion3();
                } else {
                  failWith(failure);
                }
              });
      open(attempt, reporter, onFailure);
    }

    private void openVersion3() {
      Reporter reporter = new Reporter();
      open(new Mqtt3Connection(settings, reporter), reporter, createAsyncCallback(this::failWith));
    }

    private void open(
        BrokerConnection opening, Reporter reporter, AsyncCallback<Throwable> onFailure) {
      AsyncCallback<BrokerConnection.Opened> onOpened =
          createAsyncCallback(
              opened -> {
                open = true;
                counters.opened(opened);
                log.info(
                    "Connected to the MQTT broker at {}:{} with version {}, session {}",
                    settings.broker().host(),
                    settings.broker().port(),
                    opened.version(),
                    opened.sessionPresent() ? "present" : "new");
                reporter.endOfConnection().ifPresent(this::failWith);
              });
      connection.set(opening);
      reporting = reporter;
      CompletionStage<BrokerConnection.Opened> result = opening.open();
      result.whenComplete(
          (opened, failure) -> {
            if (failure == null) {
              onOpened.invoke(opened);
            } else {
              onFailure.invoke(failure);
            }
          });
    }

    private void onArrival(Arrival arrival) {
      if (draining) {
        if (arrival.qos() == 0) {
          counters.qos0Dropped.increment();
        }
        return;
      }
      if (arrival.qos() == 0 && qos0Waiting >= settings.subscribe().qos0Buffer()) {
        counters.qos0Dropped.increment();
        return;
      }
      counters.received.increment();
      if (arrival.qos() == 0) {
        qos0Waiting++;
      }
      arrived.add(arrival);
      handOn();
    }

    private void handOn() {
      if (draining || !isAvailable(out)) {
        return;
      }
      Arrival next = arrived.peek();
      if (next == null) {
        return;
      }
      if (inFlight.count() >= settings.subscribe().receiveMaximum()) {
        inFlight.watch(true);
        // Looked at again, since the last acknowledgement may have come before the watch.
        if (inFlight.count() >= settings.subscribe().receiveMaximum()) {
          return;
        }
      }
      inFlight.watch(false);
      arrived.remove();
      if (next.qos() == 0) {
        qos0Waiting--;
      }
      push(out, messageOf(next));
    }

    private MqttMessage messageOf(Arrival arrival) {
      boolean oversized = arrival.payload().size() > settings.subscribe().oversizedBytes();
      if (oversized) {
        counters.oversized.increment();
      }
      return new MqttMessage(
          arrival.topic(),
          arrival.userProperties(),
          arrival.payload(),
          arrival.qos(),
          arrival.retained(),
          oversized,
          clock.instant(),
          inFlight.handOn(arrival.acknowledgement()));
    }

    private void goOn() {
      if (draining) {
        closeWhenDrained();
      } else {
        handOn();
      }
    }

    private void beginDrain() {
      if (draining) {
        return;
      }
      draining = true;
      counters.qos0Dropped.add(qos0Waiting);
      arrived.clear();
      inFlight.watch(true);
      scheduleOnce(DRAIN_TIMEOUT, settings.subscribe().drainTimeout());
      closeWhenDrained();
    }

    private void closeWhenDrained() {
      if (inFlight.count() == 0) {
        closeInOrder();
      }
    }

    @Override
    public void onTimer(Object timer) {
      log.warn(
          "{} MQTT messages were not acknowledged within {}; the broker delivers them again",
          inFlight.count(),
          settings.subscribe().drainTimeout());
      inFlight.connectionGone();
      closeInOrder();
    }

    private void closeInOrder() {
      if (closing) {
        return;
      }
      closing = true;
      BrokerConnection current = connection.getAndSet(null);
      if (current == null) {
        completeStage();
      } else {
        current.close().whenComplete((closed, failure) -> onClosed.invoke(Done.getInstance()));
      }
    }

    private void failWith(Throwable failure) {
      if (closing) {
        return;
      }
      if (draining) {
        completeStage();
        return;
      }
      Throwable cause = ConnectionLost.causeOf(failure);
      counters.failed(cause);
      failStage(cause);
    }

    @Override
    public void postStop() {
      ended = true;
      inFlight.connectionGone();
      counters.ended();
      BrokerConnection current = connection.getAndSet(null);
      if (current != null) {
        current
            .close()
            .whenComplete(
                (closed, failure) -> {
                  if (failure != null) {
                    // Usual after a lost connection, which is why this stage stops.
                    log.debug("The MQTT connection could not be ended in order", failure);
                  }
                });
      }
    }

    private void wakeUp() {
      onAcknowledged.invoke(Done.getInstance());
    }

    @Override
    public void drain() {
      onDrain.invoke(Done.getInstance());
    }

    @Override
    public int inFlight() {
      return ended ? 0 : inFlight.count();
    }

    @Override
    public boolean ended() {
      return ended;
    }

    /**
     * Hands what one connection reports to the stage's thread. The end of a connection that was
     * never open is told by its failed attempt instead, since another version may be tried then.
     */
    private final class Reporter implements BrokerConnection.Listener {

      private final AsyncCallback<Arrival> onArrival = createAsyncCallback(Logic.this::onArrival);
      private final AsyncCallback<Throwable> onLost =
          createAsyncCallback(
              cause -> {
                if (open && reporting == this) {
                  failWith(cause);
                }
              });
      private volatile @Nullable Throwable end;

      @Override
      public void arrived(Arrival arrival) {
        onArrival.invoke(arrival);
      }

      @Override
      public void lost(Throwable cause) {
        end = cause;
        onLost.invoke(cause);
      }

      Optional<Throwable> endOfConnection() {
        return Optional.ofNullable(end);
      }
    }
  }
}
