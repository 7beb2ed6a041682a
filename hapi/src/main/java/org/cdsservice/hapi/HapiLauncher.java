package org.cdsservice.hapi;

import java.io.IOException;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * Starts a HAPI FHIR R4 server on the loopback interface for integration tests.
 *
 * <p>System properties: {@code port} (18280; 0 takes a free one), {@code db} (a JDBC address of H2; in memory by default) and {@code
 * stopOnEof} (false; when true the server ends as soon as its standard input does, so that it never outlives the test run
 * that started it). One line on standard output, beginning with {@code READY}, says that requests are answered.
 */
public final class HapiLauncher {

  private HapiLauncher() {}

  public static void main(String[] arguments) {
    try {
      start(Integer.getInteger("port", 18280)).join();
    } catch (Exception problem) {
      // Spring's and HAPI's threads would keep the process alive after a failed start.
      problem.printStackTrace();
      System.exit(1);
    }
  }

  private static Server start(int port) throws Exception {
    long began = System.currentTimeMillis();
    if (Boolean.getBoolean("stopOnEof")) {
      stopWithStandardInput();
    }
    Server server = new Server();
    ServerConnector connector = listeningOn(port, server);
    server.addConnector(connector);
    server.setHandler(fhirAt("/fhir/*"));
    server.setStopAtShutdown(true);
    server.start();
    System.out.printf(
        "READY http://127.0.0.1:%d/fhir after %d ms%n",
        connector.getLocalPort(), System.currentTimeMillis() - began);
    return server;
  }

  /** Binds the port before the slow part of the start, so that an address in use is told at once. */
  private static ServerConnector listeningOn(int port, Server server) throws IOException {
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    connector.open();
    return connector;
  }

  private static ServletContextHandler fhirAt(String path) {
    AnnotationConfigApplicationContext beans = new AnnotationConfigApplicationContext();
    beans.setAllowBeanDefinitionOverriding(true);
    beans.register(JpaSetup.class);
    beans.refresh();
    ServletContextHandler handler = new ServletContextHandler("/");
    handler.addServlet(new ServletHolder(new FhirEndpoint(beans)), path);
    return handler;
  }

  private static void stopWithStandardInput() {
    Thread watcher =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // Input is only watched for its end.
                }
              } catch (IOException closed) {
                // The same as the end.
              }
              System.exit(0);
            },
            "stop-on-eof");
    watcher.setDaemon(true);
    watcher.start();
  }
}
