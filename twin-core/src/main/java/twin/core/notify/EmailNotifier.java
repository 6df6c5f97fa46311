package twin.core.notify;

import com.typesafe.config.Config;
import jakarta.mail.Authenticator;
import jakarta.mail.Message.RecipientType;
import jakarta.mail.MessagingException;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages as mails over SMTP, each in a connection of its own. The id of a mail is that of
 * its delivery, so that mailboxes can tell a second one. Thread-safe.
 */
final class EmailNotifier implements Notifier {

  /** SMTP says no for good from here on. */
  private static final int FOR_GOOD = 500;

  private final Session session;
  private final InternetAddress from;
  private final List<InternetAddress> to;
  private final InstantSource clock;

  /** How a connection is encrypted. */
  private enum Tls {
    /** From its beginning, usually on port 465. */
    TLS,
    /** By STARTTLS, without which nothing is sent. */
    STARTTLS,
    /** Not at all. */
    NONE
  }

  EmailNotifier(ChannelSettings channel, InstantSource clock) {
    Config own = channel.own();
    this.clock = clock;
    this.from = address(channel, own.getString("from"));
    this.to = own.getStringList("to").stream().map(each -> address(channel, each)).toList();
    if (to.isEmpty()) {
      throw new IllegalArgumentException(
          "channel %s must say to whom it writes".formatted(channel.name()));
    }
    Tls tls = ChannelSettings.choice(Tls.class, own, "tls", own.getString("tls"));
    String user = own.getString("user");
    String password = own.getString("password");
    this.session =
        Session.getInstance(
            properties(channel, tls, !user.isEmpty()),
            new Authenticator() {
              @Override
              protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(user, password);
              }
            });
  }

  private static Properties properties(ChannelSettings channel, Tls tls, boolean auth) {
    Config own = channel.own();
    Properties properties = new Properties();
    properties.setProperty("mail.transport.protocol", "smtp");
    properties.setProperty("mail.smtp.host", own.getString("host"));
    properties.setProperty("mail.smtp.port", Integer.toString(own.getInt("port")));
    properties.setProperty("mail.smtp.auth", Boolean.toString(auth));
    properties.setProperty("mail.smtp.ssl.enable", Boolean.toString(tls == Tls.TLS));
    properties.setProperty("mail.smtp.starttls.enable", Boolean.toString(tls == Tls.STARTTLS));
    properties.setProperty("mail.smtp.starttls.required", Boolean.toString(tls == Tls.STARTTLS));
    properties.setProperty("mail.smtp.ssl.checkserveridentity", "true");
    // One address that is wrong must not keep the others from being told.
    properties.setProperty("mail.smtp.sendpartial", "true");
    String timeoutMs = Long.toString(channel.timeout().toMillis());
    properties.setProperty("mail.smtp.connectiontimeout", timeoutMs);
    properties.setProperty("mail.smtp.timeout", timeoutMs);
    properties.setProperty("mail.smtp.writetimeout", timeoutMs);
    return properties;
  }

  private static InternetAddress address(ChannelSettings channel, String text) {
    try {
      return new InternetAddress(text, true);
    } catch (AddressException e) {
      throw new IllegalArgumentException(
          "channel %s has '%s', which is no address of a mailbox".formatted(channel.name(), text),
          e);
    }
  }

  @Override
  public Outcome send(Message message) {
    try {
      Transport.send(mail(message));
      return new Outcome.Delivered();
    } catch (SendFailedException e) {
      int reached = e.getValidSentAddresses() == null ? 0 : e.getValidSentAddresses().length;
      if (reached > 0) {
        return new Outcome.Delivered();
      }
      return isForGood(e) ? new Outcome.Refused(why(e)) : new Outcome.Again(why(e));
    } catch (MessagingException e) {
      return new Outcome.Again(why(e));
    }
  }

  private MimeMessage mail(Message message) throws MessagingException {
    MimeMessage mail =
        new MimeMessage(session) {
          @Override
          protected void updateMessageID() throws MessagingException {
            setHeader("Message-ID", "<" + message.id() + "@twin>");
          }
        };
    mail.setFrom(from);
    for (InternetAddress each : to) {
      mail.addRecipient(RecipientType.TO, each);
    }
    mail.setSentDate(Date.from(clock.instant()));
    mail.setSubject(message.subject(), StandardCharsets.UTF_8.name());
    mail.setText(message.text(), StandardCharsets.UTF_8.name());
    mail.setHeader("Auto-Submitted", "auto-generated");
    mail.setHeader("X-Twin-Delivery", message.id().toString());
    mail.saveChanges();
    return mail;
  }

  /** Whether the server said no for good to what was sent, or to each of the addresses. */
  private static boolean isForGood(SendFailedException failure) {
    List<Integer> codes = new ArrayList<>();
    for (Exception e = failure; e != null; e = next(e)) {
      switch (e) {
        case SMTPSendFailedException send -> codes.add(send.getReturnCode());
        case SMTPSenderFailedException sender -> codes.add(sender.getReturnCode());
        case SMTPAddressFailedException address -> codes.add(address.getReturnCode());
        default -> {
          // Says nothing of what the server said.
        }
      }
    }
    return !codes.isEmpty() && codes.stream().allMatch(code -> code >= FOR_GOOD);
  }

  private static @Nullable Exception next(Exception e) {
    return e instanceof MessagingException messaging ? messaging.getNextException() : null;
  }

  private static String why(MessagingException e) {
    StringBuilder why = new StringBuilder("the mail server did not take it: ");
    why.append(
        e.getClass().getSimpleName().replaceFirst("Exception$", "").toLowerCase(Locale.ROOT));
    String message = e.getMessage();
    if (message != null) {
      why.append(": ").append(message.lines().findFirst().orElse("").strip());
    }
    return why.toString();
  }
}
