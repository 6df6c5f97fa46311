package twin.core.registry;

import com.typesafe.config.Config;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleName;
import twin.core.registry.Exchange.Answer;
import twin.core.registry.RegistryException.Reason;

/**
 * Bundles in a bucket of an object store that speaks Amazon S3's protocol, at {@code
 * models/TYPE/VERSION/FILE}. Each object is put only where there is none, the manifest last, so
 * that of two publishers one wins; a version without its manifest is not there yet. Pointers are
 * objects, {@code models/TYPE/latest}.
 *
 * <p>Manifests and pointers are kept with their entity tags, so that asking for one that has not
 * changed costs no body. Objects are put in one request each. Thread-safe.
 */
final class S3Registry implements BundleRegistry {

  private static final int OK = 200;
  private static final int NOT_MODIFIED = 304;
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int PRECONDITION_FAILED = 412;

  /** A page of a listing has at most 1,000 keys of at most 1,024 bytes, and what goes with them. */
  private static final int PAGE_BYTES_MAX = 8 << 20;

  private static final int ANSWER_BYTES_MAX = 64 * 1024;

  /** What the client puts on the request by itself. */
  private static final Set<String> OWN_HEADERS = Set.of("host", "content-length");

  private final URI bucket;
  private final String prefix;
  private final String region;
  private final S3Credentials credentials;
  private final int bundlesMax;
  private final int pageKeys;
  private final Exchange exchange;
  private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
  private final Map<String, Tagged> kept;
  private final AtomicLong unchanged = new AtomicLong();

  /** An object and the tag by which the store knows whether it has changed. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, and handed over.
  private record Tagged(String tag, byte[] bytes) {}

  private S3Registry(
      URI bucket,
      String prefix,
      String region,
      S3Credentials credentials,
      int bundlesMax,
      int keptMax,
      int pageKeys,
      Exchange exchange) {
    this.bucket = bucket;
    this.prefix = prefix;
    this.region = region;
    this.credentials = credentials;
    this.bundlesMax = bundlesMax;
    this.pageKeys = pageKeys;
    this.exchange = exchange;
    this.kept =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Tagged> eldest) {
            return size() > keptMax;
          }
        };
  }

  /** Connects to nothing yet. */
  static S3Registry of(
      Config s3, boolean plainHttp, RegistryLimits limits, Exchange.HttpSettings http, Path home) {
    String setting = "twin.models.registry.s3.";
    URI endpoint = Exchange.address(setting + "endpoint", s3.getString("endpoint"), plainHttp);
    String bucket = s3.getString("bucket");
    String prefix = s3.getString("prefix");
    if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,62}")) {
      throw new IllegalArgumentException(setting + "bucket must be the name of a bucket");
    }
    if (!prefix.matches("([A-Za-z0-9][A-Za-z0-9._-]*/)*")) {
      throw new IllegalArgumentException(setting + "prefix must be such as models/");
    }
    if (s3.getInt("kept-max") < 0 || s3.getInt("page-keys") < 1) {
      throw new IllegalArgumentException(
          setting + "kept-max must be 0 or more, page-keys 1 or more");
    }
    URI address = URI.create(endpoint + "/" + bucket);
    return new S3Registry(
        address,
        prefix,
        s3.getString("region"),
        S3Credentials.of(s3, home),
        limits.bundlesMax(),
        s3.getInt("kept-max"),
        s3.getInt("page-keys"),
        new Exchange("object store " + address, http));
  }

  @Override
  public String place() {
    return "object store %s/%s".formatted(bucket, prefix);
  }

  private String key(BundleName bundle, String file) {
    return "%s%s/%s/%s".formatted(prefix, bundle.type(), bundle.version(), file);
  }

  private String key(String type, Pointer pointer) {
    return "%s%s/%s".formatted(prefix, type, pointer.label());
  }

  @Override
  public List<BundleName> list() throws RegistryException, InterruptedException {
    List<BundleName> found = new ArrayList<>();
    String after = "";
    do {
      String query =
          "?list-type=2&max-keys=%d&prefix=%s%s"
              .formatted(
                  pageKeys,
                  encoded(prefix),
                  after.isEmpty() ? "" : "&continuation-token=" + encoded(after));
      Answer answer =
          send("GET", URI.create(bucket + query), Map.of(), new byte[0], PAGE_BYTES_MAX);
      if (answer.status() != OK) {
        throw exchange.refused("list its objects", answer);
      }
      Page page = Page.read(answer.body());
      for (String key : page.keys()) {
        manifestOf(key).ifPresent(found::add);
        Listing.requireRoom(found.size(), bundlesMax, place());
      }
      // A page that leads to itself would never end.
      after = page.next().equals(after) ? "" : page.next();
    } while (!after.isEmpty());
    return found.stream().sorted().toList();
  }

  private Optional<BundleName> manifestOf(String key) {
    if (!key.startsWith(prefix)) {
      return Optional.empty();
    }
    String[] parts = key.substring(prefix.length()).split("/", -1);
    return parts.length == 3
            && parts[2].equals(BundleManifest.FILE)
            && BundleName.isPlain(parts[0])
            && BundleName.isPlain(parts[1])
        ? Optional.of(new BundleName(parts[0], parts[1]))
        : Optional.empty();
  }

  /** What a page of a listing says. */
  private record Page(List<String> keys, String next) {

    static Page read(byte[] xml) throws RegistryException {
      XMLInputFactory factory = XMLInputFactory.newFactory();
      factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
      factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
      List<String> keys = new ArrayList<>();
      String next = "";
      try {
        XMLStreamReader in = factory.createXMLStreamReader(new ByteArrayInputStream(xml));
        while (in.hasNext()) {
          if (in.next() == XMLStreamConstants.START_ELEMENT) {
            switch (in.getLocalName()) {
              case "Key" -> keys.add(in.getElementText());
              case "NextContinuationToken" -> next = in.getElementText();
              default -> {
                // Of no use here.
              }
            }
          }
        }
      } catch (XMLStreamException e) {
        throw new RegistryException(
            Reason.UNAVAILABLE, "the object store's listing cannot be read: " + e.getMessage(), e);
      }
      return new Page(keys, next);
    }
  }

  @Override
  public byte[] read(BundleName bundle, String file, long bytesMax)
      throws RegistryException, InterruptedException {
    String key = key(bundle, file);
    Optional<byte[]> bytes =
        file.equals(BundleManifest.FILE)
            ? small(key, bytesMax)
            : get(key, null, bytesMax).map(Tagged::bytes);
    return bytes.orElseThrow(
        () ->
            new RegistryException(
                Reason.MISSING, "%s is not in %s: no %s".formatted(bundle, place(), file)));
  }

  /** An object that is worth keeping; when it has not changed its body does not come again. */
  private Optional<byte[]> small(String key, long bytesMax)
      throws RegistryException, InterruptedException {
    Tagged before;
    synchronized (kept) {
      before = kept.get(key);
    }
    Optional<Tagged> now = get(key, before, bytesMax);
    synchronized (kept) {
      if (now.isEmpty()) {
        kept.remove(key);
      } else if (!now.get().tag().isEmpty()) {
        kept.put(key, now.get());
      }
    }
    return now.map(Tagged::bytes);
  }

  private Optional<Tagged> get(String key, @Nullable Tagged before, long bytesMax)
      throws RegistryException, InterruptedException {
    Answer answer =
        send(
            "GET",
            URI.create(bucket + "/" + key),
            before == null ? Map.of() : Map.of("If-None-Match", before.tag()),
            new byte[0],
            // What says why there is none may be longer.
            Math.max(bytesMax, ANSWER_BYTES_MAX));
    if (answer.status() == NOT_MODIFIED && before != null) {
      unchanged.incrementAndGet();
      return Optional.of(before);
    }
    if (answer.status() == NOT_FOUND) {
      return Optional.empty();
    }
    if (answer.status() != OK) {
      throw exchange.refused("give " + key, answer);
    }
    if (answer.body().length > bytesMax) {
      throw Listing.tooLarge(key, bytesMax);
    }
    return Optional.of(new Tagged(answer.headers().firstValue("ETag").orElse(""), answer.body()));
  }

  /** How often an object had not changed, so that its body did not come. */
  long unchanged() {
    return unchanged.get();
  }

  @Override
  public boolean publish(BundleName bundle, SortedMap<String, byte[]> files)
      throws RegistryException, InterruptedException {
    Listing.requireVersion(bundle);
    Optional<byte[]> manifest = small(key(bundle, BundleManifest.FILE), BundleManifest.BYTES_MAX);
    if (manifest.isPresent()) {
      return !BundleFiles.same(bundle, manifest.get(), files, place());
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      if (!file.getKey().equals(BundleManifest.FILE)) {
        putNew(bundle, file.getKey(), file.getValue());
      }
    }
    putNew(bundle, BundleManifest.FILE, BundleFiles.manifest(files));
    return true;
  }

  private void putNew(BundleName bundle, String file, byte[] bytes)
      throws RegistryException, InterruptedException {
    String key = key(bundle, file);
    Answer answer = put(key, Map.of("If-None-Match", "*"), bytes);
    if (answer.status() == PRECONDITION_FAILED || answer.status() == CONFLICT) {
      // Somebody else's, or an attempt of this one whose answer was lost.
      Optional<Tagged> there = get(key, null, Math.max(bytes.length, 1));
      if (there.isEmpty()) {
        throw new RegistryException(
            Reason.UNAVAILABLE,
            "somebody else publishes %s to %s at this moment; try again"
                .formatted(bundle, place()));
      }
      if (!Arrays.equals(there.get().bytes(), bytes)) {
        throw BundleFiles.taken(bundle, place());
      }
    } else if (answer.status() != OK) {
      throw exchange.refused("take " + key, answer);
    }
  }

  private Answer put(String key, Map<String, String> headers, byte[] bytes)
      throws RegistryException, InterruptedException {
    return send("PUT", URI.create(bucket + "/" + key), headers, bytes, ANSWER_BYTES_MAX);
  }

  @Override
  public Optional<String> pointed(String type, Pointer pointer)
      throws RegistryException, InterruptedException {
    return small(key(type, pointer), ANSWER_BYTES_MAX).flatMap(Listing::version);
  }

  @Override
  public void point(BundleName bundle, Pointer pointer)
      throws RegistryException, InterruptedException {
    String key = key(bundle.type(), pointer);
    Answer answer = put(key, Map.of(), bundle.version().getBytes(StandardCharsets.UTF_8));
    if (answer.status() != OK) {
      throw exchange.refused("take " + key, answer);
    }
  }

  private Answer send(
      String method, URI address, Map<String, String> headers, byte[] body, long bytesMax)
      throws RegistryException, InterruptedException {
    return exchange.send(() -> signed(method, address, headers, body), bytesMax);
  }

  private HttpRequest.Builder signed(
      String method, URI address, Map<String, String> headers, byte[] body)
      throws RegistryException {
    AwsCredentialsIdentity identity = credentials.now();
    SdkHttpRequest.Builder plain =
        SdkHttpRequest.builder().uri(address).method(SdkHttpMethod.fromValue(method));
    headers.forEach(plain::putHeader);
    SignedRequest signed =
        signer.sign(
            request ->
                request
                    .identity(identity)
                    .request(plain.build())
                    .payload(ContentStreamProvider.fromByteArray(body))
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "s3")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                    .putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, false)
                    .putProperty(AwsV4HttpSigner.NORMALIZE_PATH, false));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .method(
                method,
                body.length == 0 && method.equals("GET")
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    signed
        .request()
        .forEachHeader(
            (name, values) -> {
              if (!OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    return request;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    exchange.close();
  }
}
