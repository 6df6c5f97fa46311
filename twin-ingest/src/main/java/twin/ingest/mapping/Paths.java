package twin.ingest.mapping;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All the pointers of a mapping as one tree, so that a message is gone through once. Built by one
 * thread; read by any afterwards.
 */
final class Paths {

  /** A place in the JSON that some pointer leads to or through. */
  static final class Node {

    private final Map<String, Node> below = new HashMap<>(4);
    private int slot = NO_SLOT;
    private boolean members;
    private @Nullable Node samples;

    /** What a member or element is, or null where no pointer goes there. */
    @Nullable Node below(String token) {
      return below.get(token);
    }

    boolean leadsOn() {
      return !below.isEmpty();
    }

    /** Where what is found here is kept, or {@link #NO_SLOT}. */
    int slot() {
      return slot;
    }

    /** Whether the members of the object here are channels. */
    boolean hasMembers() {
      return members;
    }

    /** What each of the samples here is, or null where there are none. */
    @Nullable Node samples() {
      return samples;
    }
  }

  static final int NO_SLOT = -1;

  private final Node message = new Node();
  private final Node reading;
  private final Map<Place, Integer> slots = new HashMap<>();

  Paths(Shape shape) {
    Shape.Samples samples = shape.samples();
    if (samples == null) {
      reading = message;
    } else {
      reading = new Node();
      at(message, samples.pointer()).samples = reading;
    }
    add(shape.machineId());
    add(shape.timestamp());
    addIfThere(shape.machineType());
    addIfThere(shape.seq());
    shape.attributes().values().forEach(this::add);
    shape.channels().values().forEach(channel -> add(channel.place()));
    Shape.MembersOf from = shape.channelsFrom();
    Node object = from == null ? null : nodeOf(from.place());
    if (object != null) {
      object.members = true;
    }
  }

  /** Where going through a message begins. */
  Node message() {
    return message;
  }

  /** Where going through a sample begins that stands alone. */
  Node reading() {
    return reading;
  }

  int slots() {
    return slots.size();
  }

  /** Where what is found at a place is kept; {@link #NO_SLOT} when it is not in the JSON. */
  int slotOf(Place place) {
    return slots.getOrDefault(place, NO_SLOT);
  }

  private void addIfThere(@Nullable Place place) {
    if (place != null) {
      add(place);
    }
  }

  private void add(Place place) {
    Node node = nodeOf(place);
    if (node != null) {
      if (node.slot == NO_SLOT) {
        node.slot = slots.size();
      }
      slots.put(place, node.slot);
    }
  }

  private @Nullable Node nodeOf(Place place) {
    return switch (place) {
      case Place.InReading(Pointer pointer) -> at(reading, pointer);
      case Place.InMessage(Pointer pointer) -> at(message, pointer);
      case Place.Beside beside -> null;
      case Place.OwnTime ownTime -> null;
    };
  }

  private static Node at(Node root, Pointer pointer) {
    Node node = root;
    for (String token : pointer.tokens()) {
      node = node.below.computeIfAbsent(token, name -> new Node());
    }
    return node;
  }
}
