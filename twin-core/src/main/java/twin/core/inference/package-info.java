/**
 * What models say of a reading: bundles, the sessions that run them, the built-in statistical gate
 * and the assessment. Leans on {@code feature}; {@code onnx} beneath it is the only place that
 * knows the inference engine.
 */
@NullMarked
package twin.core.inference;

import org.jspecify.annotations.NullMarked;
