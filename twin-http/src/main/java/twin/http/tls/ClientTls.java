package twin.http.tls;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Whom a client of a server with TLS trusts. */
public final class ClientTls {

  private ClientTls() {}

  /**
   * Servers whose certificate one of those in a PEM file has signed, and that are called by a name
   * that stands in it.
   *
   * @throws IllegalArgumentException with one line that says what is wrong with the file
   */
  public static SSLContext trusting(Path authorities) {
    List<X509Certificate> certificates = PemFiles.certificates(authorities);
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (int i = 0; i < certificates.size(); i++) {
        store.setCertificateEntry("ca-" + i, certificates.get(i));
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      return context(trust.getTrustManagers());
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException(
          "the certificates in %s are of no use: %s".formatted(authorities, e.getMessage()), e);
    }
  }

  /**
   * The server that shows the certificate in a PEM file, by whatever name it is called: for a
   * program that calls itself.
   */
  public static SSLContext showing(TlsSettings own) {
    return context(new TrustManager[] {new OneCertificate(own.certificate())});
  }

  private static SSLContext context(TrustManager[] trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JDK has no TLS", e);
    }
  }

  /** Being told of the connection it decides alone, also about the server's name. */
  private static final class OneCertificate extends X509ExtendedTrustManager {
    private final Path file;

    OneCertificate(Path file) {
      this.file = file;
    }

    private void check(X509Certificate[] chain) throws CertificateException {
      // Read again each time: it may have been put there anew.
      if (chain.length == 0 || !chain[0].equals(PemFiles.certificates(file).getFirst())) {
        throw new CertificateException("the server does not show the certificate in " + file);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("this is a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
        throws CertificateException {
      throw new CertificateException("this is a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("this is a client");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
