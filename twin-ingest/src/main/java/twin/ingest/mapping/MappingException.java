package twin.ingest.mapping;

import com.typesafe.config.ConfigOrigin;

/** A mapping cannot be meant as it is written; the message has file, line, key and what to do. */
public final class MappingException extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  MappingException(ConfigOrigin origin, String key, String whatToDo) {
    super(
        key.isEmpty()
            ? "%s: %s".formatted(origin.description(), whatToDo)
            : "%s: %s: %s".formatted(origin.description(), key, whatToDo));
  }
}
