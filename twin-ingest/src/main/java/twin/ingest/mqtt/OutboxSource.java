package twin.ingest.mqtt;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.connectors.mqtt.MqttMessage;
import org.apache.pekko.stream.connectors.mqtt.MqttQoS;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives what waits in the outbox to one connection, one message at a time. It must stand directly
 * before the connector's flow, which asks for the next message only when the broker has
 * acknowledged the one before: that is how it is known which have been sent. A message that was
 * given and not acknowledged goes back into the outbox when the connection ends.
 */
final class OutboxSource extends GraphStage<SourceShape<MqttMessage>> {

  /** Stands where nothing runs that could be woken. */
  static final Runnable NOBODY = () -> {};

  private static final Logger log = LoggerFactory.getLogger(OutboxSource.class);

  private final Outlet<MqttMessage> out = Outlet.create("OutboxSource.out");
  private final SourceShape<MqttMessage> shape = SourceShape.of(out);
  private final Outbox outbox;
  private final AtomicReference<Runnable> wakeUp;
  private final LongSupplier nanoTime;

  /**
   * A source over an outbox.
   *
   * @param wakeUp where the running source puts what is to be called when something new waits
   */
  OutboxSource(Outbox outbox, AtomicReference<Runnable> wakeUp, LongSupplier nanoTime) {
    this.outbox = outbox;
    this.wakeUp = wakeUp;
    this.nanoTime = nanoTime;
  }

  @Override
  public SourceShape<MqttMessage> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes inheritedAttributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic {

    private static final String STATE_DUE = "state-due";

    private final AsyncCallback<Done> onWakeUp = createAsyncCallback(done -> wokenUp());
    private final AtomicBoolean woken = new AtomicBoolean();
    private Outbox.@Nullable Letter given;

    Logic() {
      super(shape);
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              if (given != null) {
                outbox.sent(given);
                given = null;
              }
              give();
            }
          });
    }

    @Override
    public void preStart() {
      wakeUp.set(
          () -> {
            if (woken.compareAndSet(false, true)) {
              onWakeUp.invoke(Done.getInstance());
            }
          });
    }

    private void wokenUp() {
      woken.set(false);
      if (outbox.isFinished() && given == null) {
        completeStage();
      } else {
        give();
      }
    }

    @Override
    public void onTimer(Object timer) {
      give();
    }

    private void give() {
      while (isAvailable(out)) {
        switch (outbox.next(nanoTime.getAsLong())) {
          case Outbox.Next.Send send -> give(send.letter());
          case Outbox.Next.Wait wait -> {
            scheduleOnce(STATE_DUE, Duration.ofNanos(wait.nanos()));
            return;
          }
          case Outbox.Next.Idle idle -> {
            if (outbox.isFinished()) {
              completeStage();
            }
            return;
          }
        }
      }
    }

    private void give(Outbox.Letter letter) {
      ByteString payload;
      try {
        payload = ByteString.fromArray(letter.payload().get());
      } catch (RuntimeException e) {
        log.error("What was to be published over MQTT could not be written", e);
        outbox.dropped(letter);
        return;
      }
      given = letter;
      push(out, messageOf(letter, payload));
    }

    private static MqttMessage messageOf(Outbox.Letter letter, ByteString payload) {
      return switch (letter) {
        case Outbox.Letter.State state ->
            message(Topics.state(state.machineId()), payload).withRetained(true);
        case Outbox.Letter.Alert alert -> message(Topics.alerts(alert.machineId()), payload);
        case Outbox.Letter.DeadLetter deadLetter -> message(Topics.DEAD_LETTERS, payload);
        case Outbox.Letter.Notification notification -> message(notification.topic(), payload);
      };
    }

    private static MqttMessage message(String topic, ByteString payload) {
      return MqttMessage.create(topic, payload).withQos(MqttQoS.atLeastOnce());
    }

    @Override
    public void postStop() {
      wakeUp.set(NOBODY);
      if (given != null) {
        outbox.returned(given);
        given = null;
      }
    }
  }
}
