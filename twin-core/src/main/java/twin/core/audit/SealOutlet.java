package twin.core.audit;

import java.util.concurrent.CompletionStage;

/** Where seals go besides the folder, so that whoever can write there cannot take them back. */
public interface SealOutlet {

  /** Completes when somebody else has the seal for good. May be called again with the same one. */
  CompletionStage<?> publish(Seal seal);
}
