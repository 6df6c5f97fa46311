package twin.app;

/** The program's version, as its jar says. */
public final class Version {

  private Version() {}

  /** The version; {@code development} when the classes are not in a jar. */
  public static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
