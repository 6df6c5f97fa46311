package twin.app.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the operating system sends to end a process: SIGINT (Ctrl-C), SIGTERM, SIGHUP.
 *
 * <p>Left to itself the JVM answers them by running its shutdown hooks at once, beside a program
 * that may still be starting; from then on no library can register a hook of its own, and several
 * fail for that with a stack trace. A program that is told instead can finish its step, close what
 * it has opened, and exit by itself. The class of the JDK for that, {@code sun.misc.Signal}, is
 * reached by reflection because the compiler warns of it in a way that cannot be suppressed.
 */
final class Signals {

  private static final Logger log = LoggerFactory.getLogger(Signals.class);

  private Signals() {}

  /**
   * Calls {@code then} with the number of each such signal, from a thread of the JVM, in place of
   * ending the process. What this platform does not allow (or {@code -Xrs} forbids) keeps its usual
   * effect.
   */
  static void onEnd(IntConsumer then) {
    for (String name : new String[] {"INT", "TERM", "HUP"}) {
      try {
        handle(name, then);
      } catch (ReflectiveOperationException | IllegalArgumentException e) {
        log.debug("SIG{} keeps its usual effect", name, e);
      }
    }
  }

  private static void handle(String name, IntConsumer then) throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Signal");
    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
    Method number = type.getMethod("getNumber");
    InvocationHandler told =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "handle" -> {
                then.accept((int) number.invoke(arguments[0]));
                yield null;
              }
              case "hashCode" -> System.identityHashCode(proxy);
              case "equals" -> proxy == arguments[0];
              default -> "Signals.onEnd";
            };
    Object handler =
        Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handlerType}, told);
    type.getMethod("handle", type, handlerType)
        .invoke(null, type.getConstructor(String.class).newInstance(name), handler);
  }
}
