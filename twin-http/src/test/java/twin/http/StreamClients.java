package twin.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Many listeners to live streams on one thread. Each counts what it hears. */
final class StreamClients implements AutoCloseable {

  private static final Pattern STATE =
      Pattern.compile("data: \\{\"machine_id\":\"([^\"]+)\".*?\"revision\":([0-9]+)");

  private final Selector selector;
  private final List<Client> clients = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
  private final AtomicLong bytes = new AtomicLong();
  private final Thread thread = Thread.ofPlatform().name("stream-clients").unstarted(this::listen);
  private volatile boolean closed;

  private final boolean counting;

  StreamClients() throws IOException {
    this(false);
  }

  /**
   * Listens to nothing yet.
   *
   * @param counting whether states are only counted, which costs the listeners little
   */
  StreamClients(boolean counting) throws IOException {
    this.counting = counting;
    selector = Selector.open();
  }

  /** A listener. What it has heard is read when nothing comes any more, or for progress. */
  static final class Client {
    private static final int LINE_MAX = 200;
    private final SocketChannel channel;
    private final boolean counting;
    private final byte[] line = new byte[LINE_MAX];
    private int length;
    private String event = "";
    private final Map<String, Long> newest = new HashMap<>();
    private final AtomicLong states = new AtomicLong();
    private final AtomicLong alerts = new AtomicLong();
    private final AtomicLong heartbeats = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();

    Client(SocketChannel channel, boolean counting) {
      this.channel = channel;
      this.counting = counting;
    }

    long states() {
      return states.get();
    }

    long alerts() {
      return alerts.get();
    }

    long heartbeats() {
      return heartbeats.get();
    }

    /** How many states it was told that it missed. */
    long dropped() {
      return dropped.get();
    }

    /** The newest revision that it has heard of, by machine. */
    Map<String, Long> newest() {
      synchronized (newest) {
        return Map.copyOf(newest);
      }
    }

    private void hear(ByteBuffer heard) {
      while (heard.hasRemaining()) {
        byte next = heard.get();
        if (next == '\n') {
          if (counting && length > 0 && line[0] == 'd' && event.equals("state")) {
            states.incrementAndGet();
          } else if (length > 0) {
            line(new String(line, 0, length, StandardCharsets.UTF_8));
          }
          length = 0;
        } else if (length < LINE_MAX) {
          line[length++] = next;
        }
      }
    }

    private void line(String text) {
      if (text.startsWith("event: ")) {
        event = text.substring("event: ".length());
      } else if (text.startsWith("data: ")) {
        data(text);
      }
    }

    private void data(String text) {
      switch (event) {
        case "state" -> {
          Matcher state = STATE.matcher(text);
          if (!state.find()) {
            throw new IllegalStateException("no state: " + text);
          }
          synchronized (newest) {
            newest.merge(state.group(1), Long.parseLong(state.group(2)), Math::max);
          }
          states.incrementAndGet();
        }
        case "alert" -> alerts.incrementAndGet();
        case "heartbeat" -> heartbeats.incrementAndGet();
        case "dropped" -> dropped.addAndGet(Long.parseLong(text.replaceAll("[^0-9]", "")));
        default -> throw new IllegalStateException("an event that nobody expects: " + event);
      }
    }
  }

  /** Opens one more; before they begin to listen. */
  Client open(InetSocketAddress server, String query) throws IOException {
    SocketChannel channel = SocketChannel.open(server);
    String request =
        "GET /api/v1/stream%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"
            .formatted(query, server.getPort());
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
    channel.configureBlocking(false);
    Client client = new Client(channel, counting);
    channel.register(selector, SelectionKey.OP_READ, client);
    clients.add(client);
    return client;
  }

  StreamClients start() {
    thread.start();
    return this;
  }

  List<Client> all() {
    return List.copyOf(clients);
  }

  long count(Predicate<Client> which) {
    return clients.stream().filter(which).count();
  }

  /** How much has come over all connections. */
  long bytes() {
    return bytes.get();
  }

  private void listen() {
    try {
      while (!closed) {
        selector.select(this::readable, 100);
      }
    } catch (IOException e) {
      if (!closed) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void readable(SelectionKey key) {
    Client client = (Client) key.attachment();
    try {
      buffer.clear();
      int read = client.channel.read(buffer);
      if (read < 0) {
        key.cancel();
        return;
      }
      bytes.addAndGet(read);
      buffer.flip();
      client.hear(buffer);
    } catch (IOException e) {
      key.cancel();
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    for (Client client : clients) {
      client.channel.close();
    }
    selector.close();
  }
}
