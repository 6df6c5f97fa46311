package twin.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RemoteAddress;

/** Where a call comes from. */
public final class ClientAddress {

  private static final int NETWORK_BYTES = 8;
  private static final int LENGTH_MAX = 64;

  private ClientAddress() {}

  /**
   * The address from which a call comes; of IPv6 its network, for whoever has one address of that
   * has all.
   *
   * @param proxies how many proxies of ours are before this server: so many of the last entries of
   *     {@code X-Forwarded-For} are theirs, and whatever is before can be made up by anybody
   */
  public static String of(HttpRequest request, int proxies) {
    List<String> forwarded = new ArrayList<>();
    for (HttpHeader header : request.getHeaders()) {
      if (header.lowercaseName().equals("x-forwarded-for")) {
        forwarded.addAll(Arrays.asList(header.value().split(",", -1)));
      }
    }
    if (proxies > 0 && forwarded.size() >= proxies) {
      String entry = forwarded.get(forwarded.size() - proxies).strip();
      return entry.length() <= LENGTH_MAX ? entry : entry.substring(0, LENGTH_MAX);
    }
    Optional<InetAddress> address =
        request.getAttribute(AttributeKeys.remoteAddress).flatMap(RemoteAddress::getAddress);
    return address.map(ClientAddress::network).orElse("unknown");
  }

  private static String network(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address.getHostAddress();
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, NETWORK_BYTES, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new AssertionError("sixteen bytes are an address", e);
    }
  }
}
