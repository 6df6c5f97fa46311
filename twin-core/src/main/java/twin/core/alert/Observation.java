package twin.core.alert;

import org.jspecify.annotations.Nullable;
import twin.core.feature.ReadingWindow;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.reading.Reading;
import twin.core.type.MachineType;

/**
 * A reading as alert rules look at it.
 *
 * @param type the type by whose positions the reading and its operating mode are to be understood
 * @param inOrder whether it is newer than all before it: one that is late or ahead of the clock
 *     says nothing about now, except that the machine is not silent
 * @param operatingMode position of the type's operating mode, counted from 1; 0 for none
 * @param assessment what was said of it; null where nothing was, or where it is no judgement yet
 * @param profile whose assessment that is; null where there is none
 * @param thresholds those that hold for it
 * @param window the newest readings, with this one
 */
public record Observation(
    MachineType type,
    Reading reading,
    boolean inOrder,
    int operatingMode,
    @Nullable Assessment assessment,
    @Nullable ModelProfile profile,
    double[] thresholds,
    ReadingWindow window) {}
