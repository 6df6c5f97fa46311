package twin.core.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.file.Files;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleName;
import twin.core.registry.RegistryException.Reason;

/** Against a store in this process that checks signatures and conditions. */
final class S3RegistryTest extends RegistryContract {

  private static TransientNio2BlobStore store;
  private static S3Proxy server;
  private static int buckets;

  private String bucket = "";

  @BeforeAll
  static void start() throws Exception {
    store = new TransientNio2BlobStore();
    server =
        S3Proxy.builder()
            .blobStore(store)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V4, "access", "secret")
            .build();
    server.start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.stop();
    store.close();
  }

  @Override
  String settings() {
    bucket = "bucket-" + ++buckets;
    store.createContainer(bucket);
    return settings("access-key = access, secret-key = secret");
  }

  private String settings(String credentials) {
    return "kind = s3, s3 { endpoint = \"http://127.0.0.1:%d\", bucket = %s, %s }"
        .formatted(server.getPort(), bucket, credentials);
  }

  private static String key(BundleName bundle, String file) {
    return "models/%s/%s/%s".formatted(bundle.type(), bundle.version(), file);
  }

  @Override
  void damage(BundleName bundle, String file, byte[] bytes) {
    put(key(bundle, file), bytes);
  }

  private void put(String key, byte[] bytes) {
    store.putBlob(
        PutObjectRequest.builder()
            .bucket(bucket)
            .key(key)
            .contentLength((long) bytes.length)
            .build(),
        new ByteArrayInputStream(bytes));
  }

  @Override
  void remove(BundleName bundle, String file) {
    store.removeBlob(bucket, key(bundle, file));
  }

  @Test
  void whatHasNotChangedDoesNotComeAgain() throws Exception {
    registry.publish(FIRST, bundle("1.0.0", 1));
    registry.point(FIRST, Pointer.LATEST);
    S3Registry s3 = (S3Registry) registry;
    long before = s3.unchanged();
    assertThat(registry.pointed("made", Pointer.LATEST)).contains("1.0.0");
    assertThat(s3.unchanged()).isEqualTo(before);
    assertThat(registry.pointed("made", Pointer.LATEST)).contains("1.0.0");
    assertThat(s3.unchanged()).isEqualTo(before + 1);
    registry.point(new BundleName("made", "1.1.0"), Pointer.LATEST);
    assertThat(registry.pointed("made", Pointer.LATEST)).contains("1.1.0");
    assertThat(s3.unchanged()).isEqualTo(before + 1);
  }

  @Test
  void aVersionWithoutItsManifestIsNotThereYetAndItsFilesStayTheFirstOnes() throws Exception {
    registry.publish(FIRST, bundle("1.0.0", 1));
    remove(FIRST, BundleManifest.FILE);
    assertThat(registry.list()).isEmpty();
    damage(FIRST, "gate.onnx", new byte[] {1});
    refused(Reason.TAKEN, "other bytes", () -> registry.publish(FIRST, bundle("1.0.0", 1)));
    remove(FIRST, "gate.onnx");
    assertThat(registry.publish(FIRST, bundle("1.0.0", 1))).isTrue();
  }

  @Test
  void objectsThatAreNoBundlesAreLeftAlone() throws Exception {
    registry.publish(FIRST, bundle("1.0.0", 1));
    for (String key :
        new String[] {
          "models/manifest.json",
          "models/made/manifest.json",
          "models/made/1.0.0/more/manifest.json",
          "models/.made/1.0.0/manifest.json",
          "other/made/1.0.0/manifest.json"
        }) {
      put(key, new byte[] {'{', '}'});
    }
    assertThat(registry.list()).containsExactly(FIRST);
  }

  @Test
  void whoItIsMayStandInAFile() throws Exception {
    Files.writeString(
        scratch.resolve("credentials"),
        """
        [default]
        aws_access_key_id = access
        aws_secret_access_key = secret
        [other]
        aws_access_key_id = nobody
        """);
    try (BundleRegistry byFile = open(settings("credentials-file = credentials"))) {
      assertThat(byFile.list()).isEmpty();
      Files.writeString(
          scratch.resolve("credentials"),
          "aws_access_key_id = access\naws_secret_access_key = wrong\n");
      refused(Reason.FORBIDDEN, "credentials", byFile::list);
      Files.delete(scratch.resolve("credentials"));
      refused(Reason.FORBIDDEN, "secret-key", byFile::list);
    }
  }

  @Test
  void aStoreThatIsAwayIsAskedSoOftenAndNotForEver() throws Exception {
    try (BundleRegistry away =
        open(
            "kind = s3, s3 { endpoint = \"http://127.0.0.1:1\", bucket = away, access-key = a,"
                + " secret-key = b }")) {
      refused(Reason.UNAVAILABLE, "after 2 attempts", away::list);
    }
  }
}
