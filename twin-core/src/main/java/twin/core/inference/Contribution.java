package twin.core.inference;

import org.jspecify.annotations.Nullable;

/**
 * What one feature had to do with a conclusion.
 *
 * @param feature name of the feature
 * @param value its value
 * @param expectedLow lower end of what is usual
 * @param expectedHigh upper end of what is usual
 * @param contribution how much of the difference from the usual answer it makes up, in the answer's
 *     own unit; absent where that is not known
 */
public record Contribution(
    String feature,
    @Nullable Double value,
    @Nullable Double expectedLow,
    @Nullable Double expectedHigh,
    @Nullable Double contribution) {}
