package twin.core.type;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What machines of one kind have in common. A value: the journal of each machine holds the one by
 * which its readings were judged, so that they can be judged again.
 *
 * @param name {@code milling}, {@code turbofan}, …
 * @param channels what is measured, in the order in which the journal keeps the values
 * @param attributes names of the text fields that are kept with each reading
 * @param operatingModes regimes, first that matches counts; may be empty
 * @param features what is computed from the readings, in order
 * @param latenessBound how long after the newest reading an older one still takes its place
 * @param futureBound how far ahead of the receiver's clock a timestamp may be
 * @param silence after how long without a reading a machine is stale
 * @param commissioningReadings how many readings a twin observes before it judges
 * @param gateThreshold threshold of the built-in statistical gate, in standard deviations
 * @param rulUnit unit of remaining useful life; empty when the type has none
 * @param rulHorizon remaining life under which health begins to suffer, in {@code rulUnit}
 * @param alertRules when alerts are raised
 * @param learnsChannels whether channels that a machine sends are added to its own definition
 * @param baselineReadings of how many of a machine's first readings its own baseline is made; 0: of
 *     those of commissioning
 * @param thresholds how a machine's own thresholds come about; null: those of the model hold
 * @param rulClock the channel by whose growth remaining life passes, in {@code rulUnit}, and which
 *     falls when a new life begins; null: readings where the unit is cycles, else time
 */
public record MachineType(
    String name,
    List<Channel> channels,
    List<String> attributes,
    List<OperatingMode> operatingModes,
    List<FeatureSpec> features,
    Duration latenessBound,
    Duration futureBound,
    Duration silence,
    int commissioningReadings,
    double gateThreshold,
    String rulUnit,
    double rulHorizon,
    List<AlertRule> alertRules,
    boolean learnsChannels,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int baselineReadings,
    @Nullable ThresholdRule thresholds,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String rulClock) {

  /** The type of machines that match no other. */
  public static final String AUTO = "auto";

  /** Most channels that a machine can have, learned or declared. */
  public static final int MAX_CHANNELS = 128;

  /** Most attributes that a machine of a type that learns them can have. */
  public static final int MAX_LEARNED_ATTRIBUTES = 16;

  private static final int LEARNED_WINDOW_READINGS = 60;

  public MachineType {
    channels = List.copyOf(channels);
    attributes = List.copyOf(attributes);
    operatingModes = List.copyOf(operatingModes);
    features = List.copyOf(features);
    alertRules = List.copyOf(alertRules);
    if (channels.size() > MAX_CHANNELS) {
      throw new IllegalArgumentException(
          "type %s has %d channels, more than %d".formatted(name, channels.size(), MAX_CHANNELS));
    }
    requireDistinct(
        name,
        "channel or attribute",
        Stream.concat(channels.stream().map(Channel::name), attributes.stream()));
    requireDistinct(name, "feature", features.stream().map(FeatureSpec::name));
    requireDistinct(name, "alert rule", alertRules.stream().map(AlertRule::name));
    if (!Double.isFinite(gateThreshold) || !Double.isFinite(rulHorizon)) {
      throw new IllegalArgumentException(
          "type %s: the threshold of the gate and the horizon of remaining life must be finite"
              .formatted(name));
    }
    if (commissioningReadings < 0) {
      throw new IllegalArgumentException(
          "type %s: commissioning of %d readings makes no sense"
              .formatted(name, commissioningReadings));
    }
    if (baselineReadings < 0) {
      throw new IllegalArgumentException(
          "type %s: a baseline of %d readings makes no sense".formatted(name, baselineReadings));
    }
    if (thresholds != null && thresholds.readings(commissioningReadings) < 1) {
      throw new IllegalArgumentException(
          "type %s: commissioning ends before scores count for thresholds".formatted(name));
    }
    Set<String> channelNames =
        channels.stream().map(Channel::name).collect(Collectors.toUnmodifiableSet());
    for (OperatingMode mode : operatingModes) {
      Stream.concat(
              mode.ranges().stream().map(OperatingMode.Range::channel),
              mode.nominals().stream().map(OperatingMode.Nominal::channel))
          .filter(channel -> !channelNames.contains(channel))
          .forEach(channel -> refuse(name, "operating mode " + mode.name(), channel));
    }
    if (rulClock != null && !channelNames.contains(rulClock)) {
      refuse(name, "the clock of remaining life", rulClock);
    }
    for (AlertRule rule : alertRules) {
      requireWatchable(name, rule, channels, operatingModes, learnsChannels);
    }
    Set<String> ofOneReading =
        features.stream()
            .filter(feature -> feature.kind().isOfOneReading())
            .map(FeatureSpec::name)
            .collect(Collectors.toUnmodifiableSet());
    for (FeatureSpec feature : features) {
      for (String input : feature.inputs()) {
        boolean known =
            switch (feature.kind()) {
              case ATTRIBUTE -> attributes.contains(input);
              case VALUE, DIFFERENCE, PRODUCT, DEVIATION, COUNT -> channelNames.contains(input);
              case MEAN,
                  STANDARD_DEVIATION,
                  MINIMUM,
                  MAXIMUM,
                  SLOPE,
                  CHANGE,
                  STANDARDISED,
                  SPREAD_RATIO ->
                  channelNames.contains(input) || ofOneReading.contains(input);
            };
        if (!known) {
          refuse(name, "feature " + feature.name(), input);
        }
      }
    }
  }

  /** Refuses a rule on what the type does not have, or that could never hold. */
  private static void requireWatchable(
      String type,
      AlertRule rule,
      List<Channel> channels,
      List<OperatingMode> operatingModes,
      boolean learnsChannels) {
    String what = "alert rule " + rule.name();
    for (String mode : rule.modes()) {
      if (operatingModes.stream().noneMatch(known -> known.name().equals(mode))) {
        refuse(type, what, "operating mode " + mode);
      }
    }
    for (AlertCondition condition : rule.compared()) {
      if (condition.kind().ofChannel()) {
        Optional<Channel> watched =
            channels.stream().filter(known -> known.name().equals(condition.channel())).findFirst();
        if (watched.isEmpty() && !learnsChannels) {
          refuse(type, what, "channel " + condition.channel());
        }
        if (condition.kind() != AlertRule.Kind.RATE_OF_CHANGE
            && watched.isPresent()
            && !watched.get().holds(condition.on())) {
          throw new IllegalArgumentException(
              "type %s: %s has the limit %s, which is not within %s to %s: such a value of %s would be bad"
                  .formatted(
                      type,
                      what,
                      condition.on(),
                      watched.get().min(),
                      watched.get().max(),
                      condition.channel()));
        }
      }
    }
  }

  private static void refuse(String type, String what, String input) {
    throw new IllegalArgumentException(
        "type %s: %s refers to %s, which the type does not have".formatted(type, what, input));
  }

  private static void requireDistinct(String type, String what, Stream<String> names) {
    Set<String> seen = new HashSet<>();
    names.forEach(
        n -> {
          if (!seen.add(n)) {
            throw new IllegalArgumentException(
                "type %s has the %s %s twice".formatted(type, what, n));
          }
        });
  }

  /** Position of a channel, or -1 when the type does not have it. */
  public int indexOf(String channel) {
    // A loop over a handful of interned names is faster than a map, and there is nothing to keep.
    for (int i = 0; i < channels.size(); i++) {
      if (channels.get(i).name().equals(channel)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * What a window keeps of each reading: the channels, and after them the features of a single
   * reading that features over windows look at.
   */
  public List<String> columns() {
    Set<String> columns = new LinkedHashSet<>();
    channels.forEach(channel -> columns.add(channel.name()));
    for (FeatureSpec feature : features) {
      if (feature.kind() != FeatureSpec.Kind.ATTRIBUTE) {
        columns.addAll(feature.inputs());
      }
    }
    return List.copyOf(columns);
  }

  /** The columns of which a machine's own baseline is kept. */
  public List<String> baselineColumns() {
    return learnsChannels
        ? channels.stream().map(Channel::name).toList()
        : features.stream()
            .filter(feature -> feature.kind().needsBaseline())
            .map(feature -> feature.inputs().getFirst())
            .distinct()
            .toList();
  }

  /** Whether any alert rule looks at more than what models say. */
  public boolean watchesReadings() {
    for (int i = 0; i < alertRules.size(); i++) {
      if (alertRules.get(i).watchesReadings()) {
        return true;
      }
    }
    return false;
  }

  /** Of how many values a baseline is made. */
  public int baselineValues() {
    return baselineReadings > 0 ? baselineReadings : commissioningReadings;
  }

  /** How many readings the longest feature or rate of change looks at; at least 1. */
  public int windowReadings() {
    int longest = 1;
    for (FeatureSpec feature : features) {
      longest = Math.max(longest, feature.windowReadings());
    }
    for (Channel channel : channels) {
      longest = Math.max(longest, channel.stuckAfterReadings());
    }
    for (AlertRule rule : alertRules) {
      for (AlertCondition condition : rule.compared()) {
        longest = Math.max(longest, condition.windowReadings());
      }
    }
    return longest;
  }

  /** This type with a channel more and the features that every learned channel gets. */
  public MachineType withLearnedChannel(String channel) {
    List<Channel> moreChannels = new ArrayList<>(channels);
    moreChannels.add(Channel.learned(channel));
    List<FeatureSpec> moreFeatures = new ArrayList<>(features);
    moreFeatures.add(
        FeatureSpec.of(
            channel + ".mean_60", FeatureSpec.Kind.MEAN, channel, LEARNED_WINDOW_READINGS));
    moreFeatures.add(
        FeatureSpec.of(
            channel + ".sd_60",
            FeatureSpec.Kind.STANDARD_DEVIATION,
            channel,
            LEARNED_WINDOW_READINGS));
    return with(moreChannels, attributes, moreFeatures);
  }

  /** This type with an attribute more. */
  public MachineType withLearnedAttribute(String attribute) {
    List<String> more = new ArrayList<>(attributes);
    more.add(attribute);
    return with(channels, more, features);
  }

  private MachineType with(
      List<Channel> newChannels, List<String> newAttributes, List<FeatureSpec> newFeatures) {
    return new MachineType(
        name,
        newChannels,
        newAttributes,
        operatingModes,
        newFeatures,
        latenessBound,
        futureBound,
        silence,
        commissioningReadings,
        gateThreshold,
        rulUnit,
        rulHorizon,
        alertRules,
        learnsChannels,
        baselineReadings,
        thresholds,
        rulClock);
  }
}
