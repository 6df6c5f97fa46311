/**
 * Writes models as ONNX files and runs them as the twin will: the plumbing that every kind of model
 * needs. It knows nothing of trees, networks or machines.
 */
@NullMarked
package twin.training.onnx;

import org.jspecify.annotations.NullMarked;
