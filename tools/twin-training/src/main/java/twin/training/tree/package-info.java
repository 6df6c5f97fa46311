/**
 * Trains gradient-boosted trees with XGBoost and writes them as ONNX files that give the same
 * answers. It knows rows and labels, and nothing of machines or the twin.
 */
@NullMarked
package twin.training.tree;

import org.jspecify.annotations.NullMarked;
