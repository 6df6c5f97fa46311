package twin.training;

/** The machine types that can be trained, by the names that are typed. */
enum MachineKind {
  milling,
  pump,
  turbofan
}
