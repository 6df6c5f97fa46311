package twin.core.notify;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Posts messages as JSON to a URL. With a secret each carries an HMAC-SHA256 of the time in
 * seconds, a dot and the body, so that the receiver knows whom it comes from and that it is no old
 * one. Thread-safe.
 */
final class WebhookNotifier implements Notifier {

  static final String DELIVERY = "Twin-Delivery";
  static final String TIMESTAMP = "Twin-Timestamp";
  static final String SIGNATURE = "Twin-Signature";

  private static final String ALGORITHM = "HmacSHA256";

  private final Posting posting;
  private final byte[] secret;
  private final InstantSource clock;

  WebhookNotifier(ChannelSettings channel, InstantSource clock) {
    this.clock = clock;
    this.secret = channel.own().getString("secret").getBytes(StandardCharsets.UTF_8);
    this.posting =
        new Posting(
            "the url of channel " + channel.name(),
            channel.own().getString("url"),
            channel.own().getStringList("plain-http-to"),
            channel.timeout(),
            clock);
  }

  @Override
  public Outcome send(Message message) throws InterruptedException {
    byte[] body = message.json().toString().getBytes(StandardCharsets.UTF_8);
    String timestamp = Long.toString(clock.instant().getEpochSecond());
    String delivery = message.id().toString();
    Map<String, String> headers =
        secret.length == 0
            ? Map.of(DELIVERY, delivery, TIMESTAMP, timestamp)
            : Map.of(
                DELIVERY,
                delivery,
                TIMESTAMP,
                timestamp,
                SIGNATURE,
                "v1=" + signature(secret, timestamp, body));
    return switch (posting.post(headers, body)) {
      case Posting.Result.Answered answered -> answered.answer().outcome();
      case Posting.Result.Silent silent -> silent.outcome();
    };
  }

  private static String signature(byte[] secret, String timestamp, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret, ALGORITHM));
      mac.update((timestamp + ".").getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }

  @Override
  public void close() {
    posting.close();
  }
}
