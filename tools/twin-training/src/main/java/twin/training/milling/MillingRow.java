package twin.training.milling;

import java.util.Set;

/**
 * One row of the AI4I 2020 data: a process step of a milling machine, and what came of it.
 *
 * @param udi the row's number, which gives the order in time
 * @param variant the product's quality: L, M or H
 * @param failed whether the machine failed
 * @param failureModes what it failed of; names are those of the twin's failure modes
 */
record MillingRow(
    int udi,
    String variant,
    double airTempK,
    double processTempK,
    double rpm,
    double torqueNm,
    double toolWearMin,
    boolean failed,
    Set<String> failureModes) {

  MillingRow {
    failureModes = Set.copyOf(failureModes);
  }
}
