package twin.http;

import java.util.Locale;

/** What a caller may do; each role may do what those before it may. */
public enum Role {
  /** Looks at everything that concerns machines. */
  VIEWER,
  /** Deals with alerts, notes maintenance, sends readings. */
  OPERATOR,
  /** Changes machines, types and models. */
  ENGINEER,
  /** Decides who may call, and how the program runs. */
  ADMINISTRATOR;

  /** Whether who has this role may do what needs the other one. */
  public boolean covers(Role needed) {
    return compareTo(needed) >= 0;
  }

  /** As the API calls it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
