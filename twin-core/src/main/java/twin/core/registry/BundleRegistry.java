package twin.core.registry;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import twin.core.inference.BundleName;

/**
 * Where bundles are kept for all nodes. A version is there from the moment when all its files are,
 * and its bytes never change: of two publishers of the same version one wins, and the other is told
 * so unless it brings the same bytes. What is read is not trusted; {@link BundleFiles} checks it.
 *
 * <p>Calls block. Safe for use by many threads.
 */
public interface BundleRegistry extends AutoCloseable {

  /** Which one it is, for people. */
  String place();

  /** Every bundle, in order. */
  List<BundleName> list() throws RegistryException, InterruptedException;

  /**
   * The bytes of a file of a bundle.
   *
   * @param bytesMax a longer one is not read
   */
  byte[] read(BundleName bundle, String file, long bytesMax)
      throws RegistryException, InterruptedException;

  /**
   * Puts a bundle there.
   *
   * @param files all its files by name, with the manifest
   * @return false when the very same was there already
   */
  boolean publish(BundleName bundle, SortedMap<String, byte[]> files)
      throws RegistryException, InterruptedException;

  /** Where a pointer of a type points to, if there is one. */
  Optional<String> pointed(String type, Pointer pointer)
      throws RegistryException, InterruptedException;

  /** Lets a pointer point to a version of its type. */
  void point(BundleName bundle, Pointer pointer) throws RegistryException, InterruptedException;

  @Override
  void close();
}
