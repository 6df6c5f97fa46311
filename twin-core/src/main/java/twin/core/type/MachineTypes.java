package twin.core.type;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The machine types that a node knows, by name. An immutable value. */
public final class MachineTypes {

  private final TreeMap<String, MachineType> byName = new TreeMap<>();

  public MachineTypes(Collection<MachineType> types) {
    types.forEach(type -> byName.put(type.name(), type));
    if (!byName.containsKey(MachineType.AUTO)) {
      throw new IllegalArgumentException("the machine type 'auto' is missing");
    }
  }

  /** These types with one more, or another in the place of the one with its name. */
  public MachineTypes with(MachineType type) {
    TreeMap<String, MachineType> types = new TreeMap<>(byName);
    types.put(type.name(), type);
    return new MachineTypes(types.values());
  }

  /** All types, by name. */
  public List<MachineType> all() {
    return List.copyOf(byName.values());
  }

  /** The type of a name. */
  public Optional<MachineType> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The type of machines that match no other. */
  public MachineType auto() {
    return find(MachineType.AUTO).orElseThrow();
  }

  /**
   * The one type of which a machine that sends these channels sends every required one, else {@code
   * auto}: two types that both match say nothing.
   */
  public MachineType matching(Set<String> channels) {
    List<MachineType> matches =
        byName.values().stream().filter(type -> matches(type, channels)).toList();
    return matches.size() == 1 ? matches.getFirst() : auto();
  }

  private static boolean matches(MachineType type, Set<String> channels) {
    List<Channel> required = type.channels().stream().filter(Channel::required).toList();
    return !required.isEmpty()
        && required.stream().allMatch(channel -> channels.contains(channel.name()));
  }
}
